async function start(js, wasm) {
  const note = document.getElementById("start");
  const portal = document.getElementById("portal");
  const reload = note.querySelector("button");
  let alive = false;
  reload.hidden = false;
  reload.onclick = () => location.reload();
  const say = (why) => {
    for (const words of note.querySelectorAll("[data-why]")) words.hidden = words.dataset.why !== why;
    note.classList.add("start-now");
    document.body.prepend(note);
  };
  if (!self.WebAssembly) return say("wasm");
  const slow = setTimeout(say, 5000, "slow");
  const over = (why) => {
    clearTimeout(slow);
    say(why);
  };
  const died = ({ error, reason = error }) => {
    if (!(reason instanceof WebAssembly.RuntimeError)) return;
    if (alive || history.state?.anew) return over("died");
    history.replaceState({ anew: true }, "");
    location.reload();
  };
  addEventListener("error", died);
  addEventListener("unhandledrejection", died);
  try {
    const program = await import(js);
    await program.default({ module_or_path: wasm });
    let nodes = 0;
    for (const found = document.createTreeWalker(portal); found.nextNode(); ) nodes++;
    const asSent = nodes === Number(portal.dataset.nodes) && !history.state?.anew;
    await (asSent ? program.hydrate() : program.render());
    alive = true;
    clearTimeout(slow);
    note.remove();
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) died({ error });
    else over(error instanceof WebAssembly.CompileError ? "wasm" : "script");
  }
}
