"""What is measured of scale: curves, each of the cost of a call over something that grows."""

LARGEST_FEATURES = 1_000_000

# The cost of one call does not grow, but for what caches cost; it grows no faster than what is in it.
FLAT, LINEAR = 0.1, 1.1


def curve(name, title, axis, sizes, bound, **more):
    """A curve: `options` gives those of vs-load for a size, `bound` is the greatest slope that is right."""
    return {
        "name": name,
        "title": title,
        "axis": axis,
        "sizes": sizes,
        "bound": bound,
        "mode": more.pop("mode", "unary"),
        "options": more.pop("options"),
        "servers": more.pop("servers", ["tonic", "puregrpc"]),
        "per": more.pop("per", "call"),
        "calls": more.pop("calls", 1),
        **more,
    }


def guide(method, **options):
    """The options of a call of the route guide; `request` is found in the data base."""
    return lambda size: {"path": f"/routeguide.RouteGuide/{method}", **options}


CURVES = [
    curve(
        "streams", "Calls at a time on one connection", "calls at a time", [4**power for power in range(7)], FLAT,
        options=lambda size: {"streams": size},
        note="The more calls there are at a time, the more of them share a read, a turn and a write.",
    ),
    curve(
        "connections", "Connections, with 4 calls at a time on each", "connections", [4**power for power in range(5)],
        FLAT, options=lambda size: {"conns": size, "streams": 4},
        note="Connections know nothing of each other: one more costs what it does itself.",
    ),
    curve(
        "size", "Size of a message that is echoed, one at a time", "bytes", [10**power for power in range(1, 8)], LINEAR,
        mode="echo", options=lambda size: {"size": size, "streams": 1},
        note="What a call costs by itself hides what its bytes cost until there are some 10 KB of them. Instructions are in "
        "proportion up to the end; what does not fit into the processor's caches takes more time for each.",
    ),
    curve(
        "methods", "Methods of the server, all called in turn", "methods", [10**power for power in range(5)], FLAT,
        servers=["methods"],
        options=lambda size: {"path": "/bench.Many/Method", "methods": size, "warmup": 0.3},
        note="One look into a hash table finds a method.",
    ),
    curve(
        "metadata", "Metadata of a request, in values of 100 B", "bytes",
        [0, 100, 1_000, 4_000, 7_000, 16_000, 64_000], LINEAR, options=lambda size: {"metadata": size},
        note="Each value is new to the server, so that none of them is in its header table.",
    ),
    curve(
        "features-all", "A feature of a list of all of them", "features in the data base",
        [10**power for power in range(2, 7)], FLAT, servers=["standalone"], mode="server-stream", per="feature",
        options=lambda size: {"n": size, **guide("ListFeatures")(size)}, request="all",
        note="Lists are streamed from one index of the features, which is made when they are loaded.",
    ),
    curve(
        "features-ten", "A list of the ten features in a square", "features in the data base",
        [10**power for power in range(2, 7)], LINEAR, servers=["standalone"], mode="server-stream", calls=10,
        options=guide("ListFeatures", n=10, streams=16), request="ten",
        note="Features are sorted by latitude and by longitude; what is looked at is the belt or the strip that the rectangle "
        "is in, whichever has fewer. If the rectangle is a square, that is the square root of all.",
    ),
    curve(
        "features-strip", "A list of the ten features in a strip from south to north", "features in the data base",
        [10**power for power in range(2, 7)], LINEAR, servers=["standalone"], mode="server-stream", calls=10,
        options=guide("ListFeatures", n=10, streams=16), request="strip",
        note="All features are in its belt, but only those ten in its strip.",
    ),
    curve(
        "features-one", "One feature, by its point", "features in the data base", [10**power for power in range(2, 7)],
        FLAT, servers=["standalone"], options=guide("GetFeature", streams=16), request="one",
        note="A binary search.",
    ),
]
