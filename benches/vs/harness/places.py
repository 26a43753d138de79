"""Data bases of the route guide of any size, and requests for what is in them."""

import random

LATITUDES = (400_000_000, 420_000_000)
LONGITUDES = (-750_000_000, -730_000_000)
TEN = 10


class Places:
    """So many places, scattered over a square; the same ones each time."""

    def __init__(self, number):
        chance = random.Random(number).random
        (south, north), (west, east) = LATITUDES, LONGITUDES
        self.points = [
            (south + int(chance() * (north - south)), west + int(chance() * (east - west))) for _ in range(number)
        ]

    def write(self, path):
        """Writes them as the JSON that the binary reads."""
        with path.open("w", encoding="utf-8") as file:
            file.write("[")
            file.write(",\n".join(
                f'{{"location": {{"latitude": {latitude}, "longitude": {longitude}}}, "name": "Place number {number}"}}'
                for number, (latitude, longitude) in enumerate(self.points)
            ))
            file.write("]\n")

    def request(self, what):
        """The request, as hexadecimal digits, for `all`, for `ten` in a square or in a `strip`, or for `one` of them."""
        if what == "one":
            return point(self.points[len(self.points) // 2]).hex()
        (south, north), (west, east) = (LATITUDES, LONGITUDES) if what == "all" else self.around_ten(what == "strip")
        return (nested(1, point((south, west))) + nested(2, point((north, east)))).hex()

    def around_ten(self, strip=False):
        """The square around the middle in which there are ten places, or the strip from the south to the north."""
        north, east = sum(LATITUDES) // 2, sum(LONGITUDES) // 2
        if strip:
            far = sorted(abs(longitude - east) for _, longitude in self.points)
        else:
            far = sorted(max(abs(latitude - north), abs(longitude - east)) for latitude, longitude in self.points)
        if far[TEN - 1 : TEN] == far[TEN : TEN + 1]:
            raise ValueError("the tenth place is as far as the next")
        reach = far[TEN - 1]
        return LATITUDES if strip else (north - reach, north + reach), (east - reach, east + reach)


def point(place):
    """A `Point` as protobuf has it."""
    return b"".join(bytes([field << 3]) + varint(value) for field, value in enumerate(place, start=1))


def nested(field, message):
    """A field that is a message."""
    return bytes([field << 3 | 2]) + varint(len(message)) + message


def varint(value):
    """An `int32`, of which a negative one takes ten bytes."""
    value &= 2**64 - 1
    output = bytearray()
    while value >= 0x80:
        output.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*output, value])
