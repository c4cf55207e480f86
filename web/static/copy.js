// Copies what stands beside a button, or where a browser forbids that, selects it.

document.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-copy]");
  if (!button) return;
  const copied = button.parentElement.querySelector("[data-copied]");
  const line = button.closest(".cite").querySelector("[data-said-copied]");
  try {
    await navigator.clipboard.writeText(copied.textContent);
    line.textContent = line.dataset.saidCopied;
  } catch {
    getSelection().selectAllChildren(copied);
  }
});
