"""What the example services answer, written from their description and without gRPC.

Plain Python values throughout: a point is (latitude, longitude), a feature is (name, point), a note is
(point, message), a position is (x, y, z). `server.py` serves these functions, the clients compare with them.
"""

import json
import math
import struct

KNOWN_POINT = (409146138, -746188906)
KNOWN_NAME = "Berkshire Valley Management Area Trail, Jefferson, NJ, USA"
OTHER_POINT = (407838351, -746143763)
OTHER_NAME = "Patriots Path, Mendham, NJ 07945, USA"
TUTORIAL_AREA = ((400000000, -750000000), (420000000, -730000000))
TUTORIAL_NOTES = [
    ((0, 0), "First message"),
    ((0, 1), "Second message"),
    ((1, 0), "Third message"),
    ((0, 0), "Fourth message"),
    ((1, 0), "Fifth message"),
]

EARTH_RADIUS = 6_371_000
INT32_MAX = 2**31 - 1
MAX_NOTES = 10_000
MAX_NOTE_BYTES = 4 * 1024 * 1024
TICK = 0.1
STEPS = 72
STEP = math.radians(5)


def hello(name):
    """hello.HelloService/SayHello."""
    return f"こんにちは, {name}"


def greeting(name):
    """helloworld.Greeter/SayHello."""
    return f"Hello, {name}!"


def second_greeting(name):
    """helloworld.Greeter/SayHelloAgain."""
    return f"Hello again, {name}!"


class RouteData:
    """A data base of features and what can be asked of it."""

    def __init__(self, features):
        self.features = list(features)
        self.names = {}
        for name, point in self.features:
            self.names.setdefault(point, name)

    @classmethod
    def read(cls, path):
        """Reads the JSON list of the route guide's data base."""
        with open(path, encoding="utf-8") as file:
            rows = json.load(file)
        return cls((row["name"], (row["location"]["latitude"], row["location"]["longitude"])) for row in rows)

    def feature(self, point):
        """GetFeature: the feature at exactly this point, or one without a name."""
        return (self.names.get(point, ""), point)

    def within(self, corner, other):
        """ListFeatures: every feature of the rectangle, in the order of the data base."""
        south, north = sorted((corner[0], other[0]))
        west, east = sorted((corner[1], other[1]))
        return [
            (name, (latitude, longitude))
            for name, (latitude, longitude) in self.features
            if south <= latitude <= north and west <= longitude <= east
        ]

    def summary(self, points):
        """RecordRoute without the time: how many points, how many features among them, how many metres."""
        metres = sum(distance(start, end) for start, end in zip(points, points[1:]))
        known = sum(point in self.names for point in points)
        return (len(points), known, min(int(metres), INT32_MAX))


def distance(start, end):
    """Metres between two points over the sphere."""
    latitude_1, longitude_1, latitude_2, longitude_2 = (math.radians(degrees / 1e7) for degrees in (*start, *end))
    across = math.sin((latitude_2 - latitude_1) / 2) ** 2
    along = math.sin((longitude_2 - longitude_1) / 2) ** 2
    share = across + math.cos(latitude_1) * math.cos(latitude_2) * along
    return 2 * EARTH_RADIUS * math.atan2(math.sqrt(share), math.sqrt(1 - share))


class Chat:
    """One RouteChat call: who leaves a note hears what was noted at the same point before."""

    def __init__(self):
        self.notes = []
        self.size = 0

    def note(self, point, message):
        """The earlier notes at the point, or None when the call has noted too much."""
        self.size += len(message.encode())
        if len(self.notes) >= MAX_NOTES or self.size > MAX_NOTE_BYTES:
            return None
        earlier = [note for note in self.notes if note[0] == point]
        self.notes.append((point, message))
        return earlier


def chat(notes):
    """Everything a RouteChat call answers to these notes."""
    call = Chat()
    return [reply for note in notes for reply in call.note(*note)]


def float32(value):
    """The nearest number that the wire's `float` can hold."""
    return struct.unpack("<f", struct.pack("<f", value))[0]


class Position:
    """The character's position as a function of the seconds since it began to walk."""

    def __init__(self):
        self.published = ((1.0, 0.0, 0.0), 0)

    def publish(self, position, elapsed):
        """Puts the character somewhere; False when that is nowhere."""
        if not all(math.isfinite(coordinate) for coordinate in position):
            return False
        self.published = (position, ticks(elapsed))
        return True

    def at(self, elapsed):
        """Where the character is: as published until the next tick, then on the circle."""
        (x, y, z), since = self.published
        steps = ticks(elapsed) - since
        if steps == 0:
            return (x, y, z)
        angle = math.atan2(y, x) + STEP * (steps % STEPS)
        return (math.cos(angle), math.sin(angle), 0.0)


def ticks(elapsed):
    """How many ticks are over after so many seconds."""
    return int(elapsed / TICK)


def steps_apart(start, end):
    """How many steps (modulo a whole turn) lead from one azimuth to the other.

    Raises ValueError where `end` is not on the circle or no whole number of steps away.
    """
    if abs(math.hypot(end[0], end[1]) - 1) > 1e-5 or end[2] != 0:
        raise ValueError(f"{end} is not on the circle")
    steps = (math.atan2(end[1], end[0]) - math.atan2(start[1], start[0])) / STEP
    if abs(steps - round(steps)) > 1e-3:
        raise ValueError(f"{end} is {steps} steps from {start}")
    return round(steps) % STEPS


def could_be(steps, shortest, longest):
    """Whether so many steps (modulo a whole turn) fit a time between the two numbers of seconds."""
    least, most = max(0, math.floor(shortest / TICK)), math.ceil(longest / TICK)
    return any(count % STEPS == steps for count in range(least, most + 1))


def sample_features():
    """A data base for the tests: the two well-known places and a grid of others, every fifth without a name."""
    features = [(OTHER_NAME, OTHER_POINT), (KNOWN_NAME, KNOWN_POINT)]
    state = 2463534242
    for number in range(300):
        state = (state * 1103515245 + 12345) % 2**31
        latitude = 395000000 + state % 30000000
        state = (state * 1103515245 + 12345) % 2**31
        longitude = -755000000 + state % 30000000
        features.append(("" if number % 5 == 0 else f"Sample place {number}, ü", (latitude, longitude)))
    # The corners and the edge of the tutorial's rectangle, and points just outside.
    features += [("Corner", TUTORIAL_AREA[0]), ("Far corner", TUTORIAL_AREA[1]), ("Edge", (410000000, -750000000))]
    features += [("South of it", (399999999, -740000000)), ("East of it", (410000000, -729999999))]
    return features


def as_json(features):
    """The features as the data base's JSON."""
    rows = [{"location": {"latitude": lat, "longitude": lon}, "name": name} for name, (lat, lon) in features]
    return json.dumps(rows, ensure_ascii=False, indent=1)
