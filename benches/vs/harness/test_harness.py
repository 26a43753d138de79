"""Tests of what turns figures into a page: `python3 -m unittest discover benches/vs/harness` needs no server."""

import json
import pathlib
import re
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from harness import processes, scale, svg  # noqa: E402  (found through the line above)
from harness import scale_page  # noqa: E402
from harness.charts import charts  # noqa: E402
from harness.command import RESULTS  # noqa: E402
from harness.building import ROOT  # noqa: E402
from harness.figures import Figure, figures, quantity, reference  # noqa: E402
from harness.page import page  # noqa: E402
from harness.places import LATITUDES, LONGITUDES, Places, nested, point  # noqa: E402
from harness.rows import GROUPS, MEASURES, OVERVIEW, ROWS, SERVERS  # noqa: E402
from harness.scale_rows import CURVES  # noqa: E402

SHAPE = "{http://www.w3.org/2000/svg}"


def record(nanoseconds, **more):
    """What a load prints, as far as figures read it."""
    figures_of_all = {"client_cpu_ns": nanoseconds, "bytes_each": nanoseconds, "p99_us": nanoseconds / 1e3}
    return {"server_cpu_ns": nanoseconds, "per_second": 1e9 / nanoseconds, "p50_us": 1.0, **figures_of_all, **more}


def sample():
    """Results of all rows: tonic at 2 µs, puregrpc at 1 µs, connectrpc at 0.5 µs, volo with a fault."""
    of_server = {
        "tonic": [record(1900), record(2000), record(2300)],
        "puregrpc": [record(1000)],
        "rawh2": [record(900)],
        "connectrpc": [record(500)],
        "volo": [{"count": 0, "errors": 3, "failures": {"GOAWAY 11": 3}}],
    }
    rows = [{**row, "records": {server: of_server[server] for server in row["servers"]}} for row in ROWS]
    facts = {"cpu": "a & b", "cores": 2, "memory_gib": 8, "system": "Linux", "kernel": "6", "rustc": "rustc 1"}
    return {"facts": {**facts, "versions": {"h2": "0.4"}, "date": "2026-01-01", "seconds": 61}, "rounds": 3, "rows": rows}


class Figures(unittest.TestCase):
    """Medians, spreads, ratios and faults."""

    def setUp(self):
        self.unary = figures(sample())["unary-10"]

    def test_a_figure_is_the_median_of_its_rounds_with_their_spread(self):
        tonic = self.unary["tonic"]
        self.assertEqual((tonic.value, tonic.least, tonic.most), (2.0, 1.9, 2.3))
        self.assertEqual(tonic.text, "2.00 µs")

    def test_ratios_are_to_tonic(self):
        self.assertIs(reference(self.unary), self.unary["tonic"])
        self.assertEqual(self.unary["puregrpc"].ratio(self.unary["tonic"]), 0.5)

    def test_without_a_figure_of_tonic_ratios_are_to_ours(self):
        fails = Figure(ROWS[0], [{"fails": "GOAWAY 11"}])
        self.assertIs(reference({"tonic": fails, "puregrpc": self.unary["puregrpc"]}), self.unary["puregrpc"])

    def test_a_round_with_errors_does_not_count(self):
        figure = Figure(ROWS[0], [record(1000), record(10, errors=1, failures={"RST 2": 1})])
        self.assertEqual((figure.value, figure.fault), (1.0, "RST 2"))
        self.assertEqual(self.unary["volo"].text, "fails: GOAWAY 11")
        self.assertIsNone(self.unary["volo"].ratio(self.unary["tonic"]))

    def test_each_measure_reads_its_own_key(self):
        for measure, value in [("server", 2), ("client", 2), ("time", 2), ("memory", 2000 / 1024), ("p99", 2)]:
            self.assertAlmostEqual(Figure({"measure": measure}, [record(2000)]).value, value, msg=measure)

    def test_quantities_have_three_digits_and_a_fitting_unit(self):
        for value, text in [(0.0123, "12.3 ns"), (0.5, "500 ns"), (4.567, "4.57 µs"), (1234, "1.23 ms"), (2e6, "2.00 s")]:
            self.assertEqual(quantity("server", value), text)
        self.assertEqual(quantity("memory", 24.25), "24.2 KiB")

    def test_a_load_that_fails_leaves_its_reason(self):
        self.assertEqual(processes.record('{"count": 3}\n', "", 0), {"count": 3})
        self.assertEqual(processes.record("", "oh\nno\n", 1), {"fails": "no"})
        stopped = processes.record('{"errors": 1, "failures": {"GOAWAY 11": 1}}\n', "stopped", 1)
        self.assertEqual(stopped["fails"], "GOAWAY 11")


class Rows(unittest.TestCase):
    """The table of rows."""

    def test_rows_name_what_there_is(self):
        for row in ROWS:
            self.assertLessEqual(set(row["servers"]), set(SERVERS), row["name"])
            self.assertIn(row["group"], GROUPS)
            self.assertIn(row["measure"], MEASURES)
        self.assertEqual(len({row["name"] for row in ROWS}), len(ROWS))
        self.assertLessEqual(set(OVERVIEW), {row["name"] for row in ROWS})


class Drawn(unittest.TestCase):
    """Charts and the page."""

    def test_charts_are_well_formed_and_small(self):
        drawn = charts(sample())
        self.assertEqual(set(drawn), {f"{group}.svg" for group in [*GROUPS, "overview"]})
        for name, text in drawn.items():
            self.assertEqual(ElementTree.fromstring(text).tag, f"{SHAPE}svg", name)
            self.assertLess(len(text), 100 * 1024, name)

    def test_bars_are_as_long_as_their_ratios(self):
        chart = svg.bars("t", "s", {"a": ("A", 0), "b": ("B", 1)}, [("row", {"a": (1, "one"), "b": (0.5, "half")})])
        boxes = [box for box in ElementTree.fromstring(chart).iter(f"{SHAPE}rect") if box.get("height") != "12.0"]
        widths = [float(box.get("width")) for box in boxes]
        self.assertAlmostEqual(widths[1] / widths[0], 0.5, places=2)

    def test_a_bar_beyond_the_limit_says_so(self):
        chart = svg.bars("t", "s", {"a": ("A", 0)}, [("row", {"a": (9, "nine")})], limit=3)
        self.assertIn("nine (cut)", chart)

    def test_what_failed_has_words_and_next_to_no_bar(self):
        chart = svg.bars("t", "s", {"a": ("A", 0)}, [("row", {"a": (None, "fails: <GOAWAY>")})])
        self.assertIn("fails: &lt;GOAWAY&gt;", chart)
        self.assertEqual([box.get("width") for box in ElementTree.fromstring(chart).iter(f"{SHAPE}rect")], ["12.0", "2.0"])

    def test_lines_stand_at_the_logarithms_of_their_values(self):
        points = [(1, 10), (10, 100), (100, 1000)]
        chart = ElementTree.fromstring(svg.lines("t", "s", {"a": ("A", 0)}, {"a": points}, ("x", "y")))
        dots = [(float(dot.get("cx")), float(dot.get("cy"))) for dot in chart.iter(f"{SHAPE}circle")]
        self.assertAlmostEqual(dots[1][0] - dots[0][0], dots[2][0] - dots[1][0], places=0)
        self.assertAlmostEqual(dots[0][1] - dots[1][1], dots[1][1] - dots[2][1], places=0)
        self.assertGreater(dots[0][1], dots[2][1])

    def test_the_page_has_ratios_faults_and_where_others_are_ahead(self):
        text = page(sample())
        self.assertIn("| 10 B, 64 at a time, one core | CPU time of the server, call | 2.00 µs | 1.00 µs (0.50) |", text)
        self.assertIn("fails: GOAWAY 11", text)
        self.assertIn("| Unary calls: 10 B, 64 at a time, one core | connectrpc | 500 ns against 1.00 µs (0.50) |", text)
        self.assertNotIn("raw h2 | 900 ns against", text)
        for group in GROUPS:
            self.assertIn(f"charts/{group}.svg", text)

    def test_what_is_checked_in_was_drawn_from_the_results(self):
        results = json.loads(RESULTS.read_text(encoding="utf-8"))
        docs = ROOT / "docs"
        grown = scale.results()
        text = page(results, scale_page.section(grown))
        self.assertEqual((docs / "performance.md").read_text(encoding="utf-8"), text)
        for name, text in {**charts(results), **scale_page.charts(grown)}.items():
            self.assertEqual((docs / "charts" / name).read_text(encoding="utf-8"), text, name)

    def test_the_results_tell_nothing_of_whose_machine_it_was(self):
        for file in (RESULTS, scale.RESULTS):
            self.assertIsNone(re.search(r"/(home|root|tmp|work|usr)/", file.read_text(encoding="utf-8")), file)


class Scale(unittest.TestCase):
    """Curves, their slopes, and the data bases that they are measured over."""

    def grown(self, exponent):
        """Results in which everything costs a microsecond times the size to the power of `exponent`."""
        curves = []
        for curve in CURVES:
            points = [
                {"size": size, "records": [{"server_cpu_ns": 1e3 * max(size, 1) ** exponent / curve["calls"]}]}
                for size in curve["sizes"]
            ]
            curves.append({"name": curve["name"], "points": {server: points for server in curve["servers"]}})
        loaded = {"seconds": 2, "cpu_ns": 1e9, "memory_kib": 1024, "file_bytes": 5e6}
        facts = {"cpu": "a processor", "date": "2026-01-01"}
        return {"facts": facts, "rounds": 3, "curves": curves, "loading": [{"size": 1024, "records": [loaded]}]}

    def test_slopes_are_exponents(self):
        points = [(0, 5), (1, 3), (10, 3), (100, 300), (1000, 300_000)]
        for found, expected in zip(scale_page.slopes(points), [0, 2, 3], strict=True):
            self.assertAlmostEqual(found, expected)
        self.assertAlmostEqual(scale_page.slope([(2, 8), (4, 64), (16, 4096)]), 3)
        # A slow end weighs more than a slow middle.
        self.assertAlmostEqual(scale_page.slope([(1, 1), (10, 1), (100, 10)]), 0.5)

    def test_a_point_is_the_median_of_good_rounds_and_of_whole_calls(self):
        curve = {"calls": 10}
        rounds = [{"server_cpu_ns": 300}, {"server_cpu_ns": 100}, {"server_cpu_ns": 200}, {"server_cpu_ns": 1, "errors": 1}]
        points = [{"size": 4, "records": rounds}, {"size": 8, "records": [{"fails": "GOAWAY 11"}]}]
        self.assertEqual(scale_page.medians(curve, {"puregrpc": points}), {"puregrpc": [(4, 2.0)]})

    def test_what_grows_faster_than_expected_is_said(self):
        text = scale_page.section(self.grown(0.05))
        self.assertEqual(text.count("puregrpc: flat (slope 0.05)."), len(CURVES))
        text = scale_page.section(self.grown(1.5))
        flat = sum(curve["bound"] < 1 for curve in CURVES)
        self.assertEqual(text.count("worse than linear (slope 1.50, where no more than 0.1 was expected)"), flat)
        self.assertEqual(text.count("where no more than 1.1 was expected"), len(CURVES) - flat)

    def test_the_section_has_a_chart_for_each_curve(self):
        grown = self.grown(1)
        drawn = scale_page.charts(grown)
        text = page(sample(), scale_page.section(grown))
        self.assertEqual(len(drawn), len(CURVES))
        for name, chart in drawn.items():
            self.assertEqual(ElementTree.fromstring(chart).tag, f"{SHAPE}svg", name)
            self.assertIn(f"charts/{name}", text)
        self.assertIn("| 1,024 | 5.00 MB | 2.00 s | 1.00 s | 1.00 MiB |", text)
        self.assertLess(text.index("## Scale"), text.index("## Measure it yourself"))

    def test_servers_of_curves_are_built(self):
        for curve in CURVES:
            for server in curve["servers"]:
                self.assertTrue(server == "standalone" or f"vs-{server}" in scale.PROGRAMS, server)

    def test_a_data_base_is_a_list_of_its_places(self):
        places = Places(25)
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "places.json"
            places.write(file)
            read = json.loads(file.read_text(encoding="utf-8"))
        self.assertEqual([tuple(place["location"].values()) for place in read], places.points)
        self.assertEqual(read[3]["name"], "Place number 3")
        self.assertEqual(Places(25).points, places.points)

    def test_ten_places_are_in_the_square_and_in_the_strip(self):
        for number in (10, 11, 5000):
            places = Places(number)
            for strip in (False, True):
                (south, north), (west, east) = places.around_ten(strip)
                inside = [each for each in places.points if south <= each[0] <= north and west <= each[1] <= east]
                self.assertEqual(len(inside), 10, (number, strip))

    def test_requests_are_messages_of_protobuf(self):
        self.assertEqual(point((150, 1)), b"\x08\x96\x01\x10\x01")
        self.assertEqual(point((-1, 0))[:11], b"\x08" + b"\xff" * 9 + b"\x01")
        places = Places(100)
        self.assertEqual(bytes.fromhex(places.request("one")), point(places.points[50]))
        corners = [point((LATITUDES[end], LONGITUDES[end])) for end in (0, 1)]
        self.assertEqual(bytes.fromhex(places.request("all")), nested(1, corners[0]) + nested(2, corners[1]))


if __name__ == "__main__":
    unittest.main()
