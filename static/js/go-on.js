// Long work goes on by itself, request by request. Without this, a button goes on.
document.querySelector("[data-go-on]")?.requestSubmit();
