// A star is set without loading the page again. Without it, the page comes back at the same place.
for (const form of document.querySelectorAll("form.star")) {
  const button = form.querySelector("button");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const values = new URLSearchParams(new FormData(form));
    values.set("star", button.value);
    try {
      const answer = await fetch(form.action, { method: "POST", body: values, headers: { Accept: "application/json" } });
      if (answer.status !== 204) throw new Error("not taken");
      const isOn = button.value === "on";
      button.setAttribute("aria-pressed", String(isOn));
      button.value = isOn ? "off" : "on";
    } catch {
      location.reload();
    }
  });
}
