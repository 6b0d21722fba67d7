// A picture with a rectangle or a point on it. Positions are in pixels of the picture, rows before columns.
const CORNER = 10; // reach of a corner, CSS pixels
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

function make(tag, className, parent) {
  const element = document.createElement(tag);
  element.className = className;
  parent.append(element);
  return element;
}

/** The rectangle moved by whole pixels, kept inside the picture. */
function moved([row0, col0, row1, col1], down, right, [height, width]) {
  down = clamp(down, -row0, height - row1);
  right = clamp(right, -col0, width - col1);
  return [row0 + down, col0 + right, row1 + down, col1 + right];
}

/** The smallest rectangle that holds two pixels. */
function spanned([rowA, colA], [rowB, colB]) {
  return [Math.min(rowA, rowB), Math.min(colA, colB), Math.max(rowA, rowB) + 1, Math.max(colA, colB) + 1];
}

function render({ model, el }) {
  el.classList.add("vireid-pointer");
  const title = make("div", "vireid-pointer-title", el);
  const frame = make("div", "vireid-pointer-frame", el);
  const picture = make("img", "vireid-pointer-picture", frame);
  const mark = make("div", "vireid-pointer-mark", frame);
  frame.tabIndex = 0;
  frame.setAttribute("role", "application");
  picture.draggable = false;
  let address = null;

  const size = () => model.get("size");
  const isPoint = () => model.get("mode") === "point";

  function choose(position) {
    model.set(model.get("mode"), position);
    model.save_changes(); // ipywidgets sends the newest state only, when the kernel is free
  }

  function drawPicture() {
    if (address) URL.revokeObjectURL(address);
    address = URL.createObjectURL(new Blob([model.get("png")], { type: "image/png" }));
    picture.src = address;
  }

  function drawWords() {
    const keys = isPoint() ? "arrow keys move the point" : "arrow keys move the rectangle, Shift + arrow keys resize it";
    const chosen = isPoint() ? "point (row, column)" : "rectangle (row, column to row, column)";
    title.textContent = model.get("title");
    picture.alt = model.get("alt");
    frame.title = isPoint() ? `Click; ${keys}` : `Drag: move, resize at a corner, or draw anew outside; ${keys}`;
    frame.setAttribute("aria-label", `${model.get("alt")}. ${chosen} ${model.get(model.get("mode")).join(", ")}. ${keys}`);
  }

  function drawMark() {
    const [height, width] = size();
    const [row, col] = model.get("point");
    const [row0, col0, row1, col1] = isPoint() ? [row + 0.5, col + 0.5, row + 0.5, col + 0.5] : model.get("rectangle");
    mark.classList.toggle("vireid-pointer-point", isPoint());
    Object.assign(mark.style, {
      top: `${(100 * row0) / height}%`,
      left: `${(100 * col0) / width}%`,
      height: `${(100 * (row1 - row0)) / height}%`,
      width: `${(100 * (col1 - col0)) / width}%`,
    });
    drawWords();
  }

  function pixelUnder(event) {
    const [height, width] = size();
    const area = picture.getBoundingClientRect();
    const row = Math.floor(((event.clientY - area.top) / area.height) * height);
    const col = Math.floor(((event.clientX - area.left) / area.width) * width);
    return [clamp(row, 0, height - 1), clamp(col, 0, width - 1)];
  }

  /** The pixel opposite to the corner under the mouse, or null where there is no corner. */
  function oppositeCorner(event) {
    const [row0, col0, row1, col1] = model.get("rectangle");
    const area = mark.getBoundingClientRect();
    const near = (a, b) => Math.abs(a - b) <= CORNER;
    const top = near(event.clientY, area.top), bottom = near(event.clientY, area.bottom);
    const left = near(event.clientX, area.left), right = near(event.clientX, area.right);
    if (!(top || bottom) || !(left || right)) return null;
    return [bottom ? row0 : row1 - 1, right ? col0 : col1 - 1];
  }

  function isInside(event) {
    const area = mark.getBoundingClientRect();
    const { clientX: x, clientY: y } = event;
    return x > area.left && x < area.right && y > area.top && y < area.bottom;
  }

  /** What a drag that begins with this event does: from the pixel under the mouse to the new position. */
  function gesture(event) {
    if (isPoint()) return (pixel) => pixel;
    const opposite = oppositeCorner(event);
    if (opposite) return (pixel) => spanned(opposite, pixel);
    const start = pixelUnder(event);
    const rectangle = model.get("rectangle");
    if (isInside(event)) return ([row, col]) => moved(rectangle, row - start[0], col - start[1], size());
    return (pixel) => spanned(start, pixel);
  }

  let drag = null;
  frame.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    frame.focus();
    frame.setPointerCapture(event.pointerId);
    drag = gesture(event);
    if (isPoint()) choose(drag(pixelUnder(event)));
  });
  frame.addEventListener("pointermove", (event) => {
    if (drag) choose(drag(pixelUnder(event)));
    else if (!isPoint()) frame.style.cursor = oppositeCorner(event) ? "nwse-resize" : isInside(event) ? "move" : "";
  });
  for (const end of ["pointerup", "pointercancel"]) frame.addEventListener(end, () => (drag = null));

  const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  frame.addEventListener("keydown", (event) => {
    if (!(event.key in ARROWS) || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation(); // JupyterLab would choose the next cell
    const [down, right] = ARROWS[event.key].map((step) => step * (event.repeat ? 4 : 1));
    const [height, width] = size();
    if (isPoint()) {
      const [row, col] = model.get("point");
      return choose([clamp(row + down, 0, height - 1), clamp(col + right, 0, width - 1)]);
    }
    const rectangle = model.get("rectangle");
    if (!event.shiftKey) return choose(moved(rectangle, down, right, size()));
    const [row0, col0, row1, col1] = rectangle;
    choose([row0, col0, clamp(row1 + down, row0 + 1, height), clamp(col1 + right, col0 + 1, width)]);
  });

  const watched = [["change:png", drawPicture], ["change:title change:alt", drawWords]];
  watched.push(["change:rectangle change:point change:mode change:size", drawMark]);
  for (const [events, draw] of watched) model.on(events, draw);
  drawPicture();
  drawMark();
  return () => {
    for (const [events, draw] of watched) model.off(events, draw);
    URL.revokeObjectURL(address);
  };
}

export default { render };
