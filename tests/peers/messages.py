"""Between the values of `reference.py` and the messages of the wire."""

import position_pb2
import route_guide_pb2


def point(value):
    """A point as a message."""
    return route_guide_pb2.Point(latitude=value[0], longitude=value[1])


def area(corners):
    """A pair of corners as a message."""
    return route_guide_pb2.Rectangle(lo=point(corners[0]), hi=point(corners[1]))


def note(value):
    """A note as a message."""
    return route_guide_pb2.RouteNote(location=point(value[0]), message=value[1])


def feature(value):
    """A feature as a message."""
    return route_guide_pb2.Feature(name=value[0], location=point(value[1]))


def position(value, msg):
    """A position as a message; a missing one for None."""
    place = value and position_pb2.Pos(x=value[0], y=value[1], z=value[2])
    return position_pb2.Position(position=place, status=0, msg=msg)


def plain(message):
    """A Point, Feature, RouteNote or Position as the reference has it."""
    if isinstance(message, route_guide_pb2.Point):
        return (message.latitude, message.longitude)
    if isinstance(message, route_guide_pb2.Feature):
        return (message.name, plain(message.location))
    if isinstance(message, route_guide_pb2.RouteNote):
        return (plain(message.location), message.message)
    return (message.position.x, message.position.y, message.position.z)
