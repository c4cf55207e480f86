// Keeps the conversation in this browser alone, and saves it as a file.

const log = document.querySelector("#log");
const tools = document.querySelector("#tools");
const unkept = document.querySelector("#unkept");
const box = document.querySelector("#question");
const KEPT = "memoqa.conversation";
const UNANSWERED = "memoqa.question";

const turns = () => [...log.children].filter((turn) => turn.querySelector("[data-record]"));

function keep() {
  tools.hidden = log.firstElementChild === null;
  try {
    localStorage.setItem(KEPT, turns().map((turn) => turn.outerHTML).join(""));
    unkept.hidden = true;
  } catch {
    unkept.hidden = tools.hidden; // storage is off or full
  }
}

function keepQuestion() {
  const asked = log.querySelector(".turn:not(:has([data-record])) [data-question]");
  try {
    sessionStorage.setItem(UNANSWERED, box.value || (asked?.textContent ?? ""));
  } catch {
    // Storage is off.
  }
}

function restore() {
  try {
    box.value ||= sessionStorage.getItem(UNANSWERED) ?? "";
    const kept = localStorage.getItem(KEPT);
    if (!kept) return;
    // Before a turn that came with the page.
    log.prepend(...new DOMParser().parseFromString(kept, "text/html").body.childNodes);
    htmx.process(log);
    log.lastElementChild.scrollIntoView({ block: "start", behavior: "instant" });
  } catch {
    // Storage is off.
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
  box.focus();
});

restore();
keep();
new MutationObserver(keep).observe(log, { childList: true });
log.addEventListener("htmx:load", keep); // a judgement, too
addEventListener("pagehide", keepQuestion);
