"""Lines in a plane as SVG, and nothing else: no library draws the figures that are published."""
import html
import math

WIDTH, HEIGHT = 760, 420
LEFT, RIGHT, TOP, BOTTOM = 72, 176, 44, 56
INK, FAINT, PAPER = "#222", "#ddd", "#fff"
# The same server has the same colour in every plot.
COLOURS = {"cambium": "#0b62a4", "cambium os": "#0b62a4", "cambium ack": "#2a9d55", "Kafka": "#d1495b", "Kafka sync": "#e58f3d",
           "floor": "#777", "floor sync": "#777", "nothing": "#aaa", "os": "#0b62a4", "ack": "#2a9d55"}
OTHERS = ["#6a4c93", "#118ab2", "#8d6b4f", "#4f772d"]


class Axis:
    """Values onto pixels, on a line or on its logarithm."""

    def __init__(self, values, begin, end, log, ticks=None):
        self.begin, self.end, self.log, self.named = begin, end, log, ticks
        low, high = min(values), max(values)
        if log:
            self.low, self.high = math.log10(low), math.log10(high)
            if not ticks:
                self.low, self.high = math.floor(self.low + 1e-9), math.ceil(self.high - 1e-9)
        else:
            self.low, self.high = (low, high) if ticks else (0, high * 1.08)
        if self.high <= self.low:
            self.high = self.low + 1

    def at(self, value):
        placed = math.log10(value) if self.log else value
        return self.begin + (placed - self.low) / (self.high - self.low) * (self.end - self.begin)

    def ticks(self):
        if self.named:
            return self.named
        if self.log:
            return [(10.0 ** power, short(10.0 ** power)) for power in range(int(self.low), int(self.high) + 1)]
        step = 10 ** math.floor(math.log10(self.high))
        step = next(each for each in (step / 5, step / 2, step, 2 * step) if self.high / each <= 8)
        return [(i * step, short(i * step)) for i in range(int(self.high / step) + 1)]


def short(value):
    for limit, mark in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= limit:
            return f"{value / limit:g}{mark}"
    return f"{value:g}"


def text(x, y, words, anchor="middle", size=12, **more):
    extra = "".join(f' {name}="{value}"' for name, value in more.items())
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{INK}"{extra}>{html.escape(words)}</text>'


def line(x1, y1, x2, y2, colour=FAINT, width=1):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" stroke-width="{width}"/>'


def frame(title, x_label, y_label, x, y):
    yield f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{PAPER}"/>'
    yield text(LEFT, 26, title, "start", 15, **{"font-weight": "bold"})
    for value, words in x.ticks():
        yield line(x.at(value), TOP, x.at(value), HEIGHT - BOTTOM)
        yield text(x.at(value), HEIGHT - BOTTOM + 18, words)
    for value, words in y.ticks():
        yield line(LEFT, y.at(value), WIDTH - RIGHT, y.at(value))
        yield text(LEFT - 8, y.at(value) + 4, words, "end")
    yield line(LEFT, HEIGHT - BOTTOM, WIDTH - RIGHT, HEIGHT - BOTTOM, INK)
    yield line(LEFT, TOP, LEFT, HEIGHT - BOTTOM, INK)
    yield text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 14, x_label)
    middle = (TOP + HEIGHT - BOTTOM) / 2
    yield text(18, middle, y_label, transform=f"rotate(-90 18 {middle:.1f})")


def colour_of(name, number):
    return COLOURS.get(name) or OTHERS[number % len(OTHERS)]


def curve(points, colour, x, y):
    """The medians as a line, from the least to the most that was seen as a bar at each."""
    for at, _, low, high in points:
        if high > low:
            yield line(x.at(at), y.at(low), x.at(at), y.at(high), colour, 1.5)
    path = " ".join(f"{x.at(at):.1f},{y.at(median):.1f}" for at, median, _, _ in points)
    yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
    for at, median, _, _ in points:
        yield f'<circle cx="{x.at(at):.1f}" cy="{y.at(median):.1f}" r="3" fill="{colour}"/>'


def lines(title, x_label, y_label, series, log_x=True, log_y=False, x_ticks=None):
    """The text of an SVG file. `series`: {name: [(x, median, lowest, highest), ...]}; empty ones are left out."""
    drawn = {name: sorted(points) for name, points in series.items() if points}
    every = [point for points in drawn.values() for point in points]
    if not every:
        return ""
    x = Axis([point[0] for point in every], LEFT + 16, WIDTH - RIGHT - 16, log_x, x_ticks)
    y = Axis([value for point in every for value in point[1:]], HEIGHT - BOTTOM, TOP + 6, log_y)
    parts = list(frame(title, x_label, y_label, x, y))
    for number, (name, points) in enumerate(drawn.items()):
        colour, height = colour_of(name, number), TOP + 14 + number * 20
        parts += curve(points, colour, x, y)
        parts.append(line(WIDTH - RIGHT + 14, height - 4, WIDTH - RIGHT + 34, height - 4, colour, 3))
        parts.append(text(WIDTH - RIGHT + 40, height, name, "start"))
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
            f'font-family="sans-serif">\n' + "\n".join(parts) + "\n</svg>\n")
