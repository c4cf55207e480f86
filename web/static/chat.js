// Turns the question form into a conversation. Without this script the same form loads a page.

const form = document.querySelector("#ask");
const box = form.elements.question;
const log = document.querySelector("#log");
const suggestions = document.querySelector("#suggestions");
const send = document.querySelector("#send");
const cancel = document.querySelector("#cancel");
const clear = document.querySelector("#clear");
const KEPT = "memoqa.conversation";
const LONGEST_WAIT = 60; // seconds; a longer Retry-After is left to the reader

let pending = null; // the AbortController of the question on its way: one at a time

const copy = (id) => document.querySelector(id).content.firstElementChild.cloneNode(true);
const parse = (html) => new DOMParser().parseFromString(html, "text/html"); // runs no script

function addTurn(question) {
  const turn = copy("#turn");
  turn.querySelector("[data-question]").textContent = question;
  log.append(turn);
  return turn;
}

function show(turn) {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  turn.scrollIntoView({ block: "start", behavior: calm ? "instant" : "smooth" });
}

function update() {
  send.hidden = pending !== null;
  cancel.hidden = pending === null;
  clear.hidden = !log.firstElementChild;
  if (suggestions) suggestions.hidden = Boolean(log.firstElementChild);
}

async function post(question, signal) {
  return fetch("/", {
    method: "POST",
    headers: { "X-Requested-With": "fetch" },
    body: new URLSearchParams({ question }),
    signal,
  });
}

function wait(seconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, seconds * 1000);
    signal.addEventListener("abort", () => (clearTimeout(timer), reject(signal.reason)));
  });
}

// The rendered answer, whatever the status. Anything else, such as a proxy's page, is a failure.
async function fragment(response) {
  const answer = parse(await response.text()).querySelector("[data-answer]");
  if (!answer) throw new TypeError("not an answer");
  return answer;
}

function addRetry(answer) {
  const retry = document.createElement("button");
  retry.type = "button";
  retry.className = "plain";
  retry.dataset.retry = "";
  retry.textContent = "Try again";
  answer.append(retry);
  return answer;
}

async function ask(question, turn = addTurn(question)) {
  const { signal } = (pending = new AbortController());
  const note = turn.querySelector("[data-pending]");
  const slot = turn.querySelector("[data-slot]");
  slot.replaceChildren();
  slot.ariaBusy = "true"; // on the slot alone, so that the log still announces the note
  note.textContent = "Looking through the documents…";
  update();
  show(turn);
  try {
    let response = await post(question, signal);
    const seconds = Number.parseInt(response.headers.get("Retry-After"), 10);
    if (response.status === 503 && seconds >= 0 && seconds <= LONGEST_WAIT) {
      note.textContent = `The service is busy. Trying again in ${seconds} s…`;
      await wait(seconds, signal);
      note.textContent = "Looking through the documents…";
      response = await post(question, signal);
    }
    const answer = await fragment(response);
    const worthRetrying = response.status >= 500 || response.status === 429;
    slot.append(worthRetrying ? addRetry(answer) : answer);
    if (!response.ok && !worthRetrying) box.value ||= question; // to be mended and sent again
  } catch {
    if (signal.aborted) {
      turn.remove();
      box.value ||= question;
    } else {
      slot.append(addRetry(copy("#failure")));
    }
  }
  note.textContent = "";
  slot.ariaBusy = "false";
  pending = null;
  update();
  keep();
  if (turn.isConnected) show(turn);
  // Not on touch screens, where the keyboard would cover the answer.
  if (matchMedia("(pointer: fine)").matches) box.focus({ preventScroll: true });
}

// The conversation lasts as long as the tab, so that coming back from a citation finds it.
function keep() {
  try {
    sessionStorage.setItem(KEPT, log.innerHTML);
  } catch {
    // Storage is off or full: the conversation lives on this page only.
  }
}

function restore() {
  try {
    const kept = sessionStorage.getItem(KEPT);
    if (!kept || log.firstElementChild) return;
    log.append(...parse(kept).body.childNodes);
    log.lastElementChild.scrollIntoView({ block: "start", behavior: "instant" });
  } catch {
    // As above.
  }
}

function submit(event) {
  event.preventDefault();
  const suggested = event.submitter?.name === "question";
  const question = (suggested ? event.submitter.value : box.value).trim();
  if (!question || pending) return;
  if (!suggested) box.value = "";
  ask(question);
}

form.addEventListener("submit", submit);
suggestions?.addEventListener("submit", submit);
cancel.addEventListener("click", () => pending?.abort());
clear.addEventListener("click", () => {
  pending?.abort();
  log.replaceChildren();
  keep();
  update();
  box.focus();
});
log.addEventListener("click", (event) => {
  const turn = event.target.closest("[data-retry]")?.closest(".turn");
  if (turn && !pending) ask(turn.querySelector("[data-question]").textContent, turn);
});
box.addEventListener("keydown", (event) => {
  // An Enter that ends a Japanese conversion belongs to the input method (229 in Safari).
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  form.requestSubmit();
});

restore();
update();
