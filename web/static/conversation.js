// Keeps the conversation in this browser alone, and saves it as a file.

const log = document.querySelector("#log");
const tools = document.querySelector("#tools");
const KEPT = "memoqa.conversation";

const turns = () => [...log.children].filter((turn) => turn.querySelector("[data-record]"));

function keep() {
  tools.hidden = log.firstElementChild === null;
  try {
    localStorage.setItem(KEPT, turns().map((turn) => turn.outerHTML).join(""));
  } catch {
    // Storage is off or full: the conversation lives on this page only.
  }
}

function restore() {
  try {
    const kept = localStorage.getItem(KEPT);
    if (!kept || log.firstElementChild) return;
    log.append(...new DOMParser().parseFromString(kept, "text/html").body.childNodes);
    htmx.process(log);
    log.lastElementChild.scrollIntoView({ block: "start", behavior: "instant" });
  } catch {
    // As above.
  }
}

function contents(kind) {
  const parts = turns().map((turn) => turn.querySelector(`[data-${kind}]`).content.textContent);
  if (kind === "markdown") return [parts.join("\n"), "text/markdown", "md"];
  return [`${JSON.stringify(parts.map(JSON.parse), null, 2)}\n`, "application/json", "json"];
}

function save(kind) {
  const [text, type, suffix] = contents(kind);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = `memoqa-conversation.${suffix}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href));
}

tools.addEventListener("click", ({ target }) => {
  const kind = target.dataset.export;
  if (kind) save(kind);
});

document.querySelector("#clear").addEventListener("click", () => {
  document.querySelector("#cancel:not([hidden])")?.click();
  log.replaceChildren();
  document.querySelector("#reader [data-close]")?.click();
  document.querySelector("#question").focus();
});

restore();
keep();
new MutationObserver(keep).observe(log, { childList: true });
