function render({ model, el }) {
  el.classList.add("vireid-code");
  const source = document.createElement("pre");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "jupyter-button vireid-code-copy";
  button.title = "Copy the code that reproduces this view";
  const word = (text) => (button.textContent = text);
  const draw = () => {
    source.textContent = model.get("code");
    word("Copy as code");
  };

  function select() {
    getSelection().selectAllChildren(source);
    word("Selected: press Ctrl+C");
  }

  button.addEventListener("click", () => {
    if (!navigator.clipboard) return select(); // only https and localhost have one
    navigator.clipboard.writeText(model.get("code")).then(() => word("Copied"), select);
  });
  model.on("change:code", draw);
  el.append(button, source);
  draw();
  return () => model.off("change:code", draw);
}

export default { render };
