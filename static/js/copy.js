// Buttons that copy what stands in a field; where the browser has no clipboard, they are not shown.
if (navigator.clipboard) {
  for (const button of document.querySelectorAll("[data-copies]")) {
    button.closest("[hidden]")?.removeAttribute("hidden");
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copies).value);
      button.textContent = button.dataset.done;
    });
  }
}
