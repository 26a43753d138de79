"""Charts as SVG: bars in groups, and lines over logarithmic axes. Readable on light and on dark ground."""

import math
from xml.sax.saxutils import escape

WIDTH = 760
FONT = "system-ui, -apple-system, 'Segoe UI', sans-serif"
# For light ground, and for dark.
COLOURS = [
    ("#64748b", "#94a3b8"),
    ("#c2410c", "#fb923c"),
    ("#c4b5a5", "#6b6258"),
    ("#0f766e", "#2dd4bf"),
    ("#7c3aed", "#a78bfa"),
]


class Canvas:
    """Collects shapes and writes them as one SVG."""

    def __init__(self, title, width=WIDTH):
        self.title, self.width, self.shapes = title, width, []

    def text(self, x, y, text, kind="text", anchor="start"):
        """A line of text; `y` is its base line."""
        place = f'x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}"'
        self.shapes.append(f"<text {place}>{escape(text)}</text>")

    def box(self, x, y, width, height, kind):
        """A filled rectangle."""
        place = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
        self.shapes.append(f'<rect {place} class="{kind}"/>')

    def line(self, points, kind):
        """A line through points."""
        places = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.shapes.append(f'<polyline points="{places}" class="{kind}"/>')

    def dot(self, x, y, kind):
        """A mark on a line."""
        self.shapes.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" class="{kind}"/>')

    def write(self, height):
        """The whole as text."""
        head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {height:.0f}" role="img">'
        ground = f'<path d="M0 0H{self.width}V{height:.0f}H0Z" class="ground"/>'
        parts = [head, f"<title>{escape(self.title)}</title>", f"<style>{style()}</style>", ground, *self.shapes, "</svg>"]
        return "\n".join(parts) + "\n"


def style():
    """The classes: texts, rules, and `c0`, `c1`, ... for what is filled, `l0`, ... for lines."""

    def scheme(ground, ink, faint, rule, index):
        yield f".ground{{fill:{ground}}}text{{fill:{ink}}}.faint{{fill:{faint}}}.rule{{stroke:{rule}}}"
        for number, colours in enumerate(COLOURS):
            yield f".c{number}{{fill:{colours[index]}}}.l{number}{{stroke:{colours[index]}}}"

    light = "".join(scheme("#ffffff", "#1f2328", "#59636e", "#d1d9e0", 0))
    dark = "".join(scheme("#0d1117", "#f0f6fc", "#9198a1", "#3d444d", 1))
    fonts = f"text{{font:13px {FONT}}}.title{{font-weight:600;font-size:15px}}.faint,.note{{font-size:12px}}"
    lines = "polyline{fill:none;stroke-width:2}.rule{stroke-width:1}"
    return f"{fonts}{lines}{light}@media(prefers-color-scheme:dark){{{dark}}}"


def heading(canvas, title, subtitle, names):
    """Title, what is shown, and the colours of the names; gives the y below them."""
    canvas.text(16, 26, title, "title")
    canvas.text(16, 46, subtitle, "faint")
    x = 16
    for name, colour in names:
        canvas.box(x, 60, 12, 12, f"c{colour}")
        canvas.text(x + 18, 71, name, "note")
        x += 18 + 7.2 * len(name) + 18
    return 88


def bars(title, subtitle, names, groups, rule=1.0, limit=2.0):
    """Horizontal bars in groups.

    `names` are the bars' names and numbers of colours by their keys, `groups` pairs of a label and of what its bars show
    by the keys: a length, or None for none, and a text. Bars beyond `limit` are cut. A line is drawn at `rule`.
    """
    left, right, thick, gap = 310, 130, 13, 14
    lengths = [length for _, shown in groups for length, _ in shown.values() if length is not None]
    end = min(max([rule * 1.05, *lengths]), limit)
    canvas = Canvas(title)
    top = y = heading(canvas, title, subtitle, names.values())

    def place(length):
        return left + (WIDTH - left - right) * min(length, limit) / end

    below = top + sum(thick * len(shown) + gap for _, shown in groups)
    canvas.line([(place(rule), top - 6), (place(rule), below - gap + 6)], "rule")
    for label, shown in groups:
        middle = y + thick * len(shown) / 2 + 4
        canvas.text(left - 10, middle, label, anchor="end")
        for key, (length, text) in shown.items():
            x = place(length or 0)
            # What has no length is told by its colour, too.
            canvas.box(left, y + 1, max(x - left, 2), thick - 2, f"c{names[key][1]}")
            cut = " (cut)" if length and length > limit else ""
            canvas.text(x + 5, y + thick - 2.5, text + cut, "note")
            y += thick
        y += gap
    return canvas.write(y + 4)


def lines(title, subtitle, names, series, axes):
    """Lines over two logarithmic axes.

    `names` are the lines' names and numbers of colours by their keys, `series` their points, `axes` the labels of x and y.
    """
    left, right, height = 70, 24, 380
    canvas = Canvas(title)
    top = heading(canvas, title, subtitle, names.values()) + 16
    bottom = top + height
    points = [point for key in names for point in series.get(key, [])]
    across = LogAxis([x for x, _ in points], left, WIDTH - right)
    up = LogAxis([y for _, y in points], bottom, top)
    for tick in across.ticks():
        canvas.line([(across(tick), top), (across(tick), bottom)], "rule")
        canvas.text(across(tick), bottom + 18, short(tick), "note", "middle")
    for tick in up.ticks():
        canvas.line([(left, up(tick)), (WIDTH - right, up(tick))], "rule")
        canvas.text(left - 8, up(tick) + 4, short(tick), "note", "end")
    for key in names:
        places = [(across(x), up(y)) for x, y in series.get(key, [])]
        canvas.line(places, f"l{names[key][1]}")
        for x, y in places:
            canvas.dot(x, y, f"c{names[key][1]}")
    canvas.text(WIDTH - right, bottom + 38, axes[0], "faint", "end")
    canvas.text(left, top - 6, axes[1], "faint")
    return canvas.write(bottom + 50)


class LogAxis:
    """Places of positive values between two ends, by their logarithms, in whole powers of ten."""

    def __init__(self, values, start, end):
        values = [value for value in values if value > 0] or [1]
        self.low = math.floor(math.log10(min(values)))
        self.high = max(math.ceil(math.log10(max(values))), self.low + 1)
        self.start, self.end = start, end

    def __call__(self, value):
        part = (math.log10(max(value, 10.0**self.low)) - self.low) / (self.high - self.low)
        return self.start + (self.end - self.start) * part

    def ticks(self):
        """The powers of ten."""
        return [10.0**power for power in range(self.low, self.high + 1)]


def short(value):
    """A number with k, M or G instead of zeros."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"
