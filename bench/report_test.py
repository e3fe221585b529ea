"""What figures say about targets, and what is written of them: `python3 -m unittest bench/report_test.py`."""
import pathlib
import sys
import tempfile
import unittest
import xml.dom.minidom

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import plot  # noqa: E402
import report  # noqa: E402
import targets  # noqa: E402

ROW = {row.key: row for row in targets.ROWS}


def rounds(*values, **always):
    return [{"per_second": value, "mb_per_second": value, "cpu_s_per_gb": 1, "others": 0, "sync_us": 200, **always} for value in values]


def produced(**rates):
    runs = {label.replace("_", " "): rounds(*values) for label, values in rates.items()}
    return {"produce-1k-ack": {"kind": "throughput", "rounds": 3, "runs": runs}}


class Verdicts(unittest.TestCase):
    def verdict(self, row, measures):
        return ROW[row].verdict(targets.Figures(measures))

    def test_nothing_passes_by_not_being_measured(self):
        figures = targets.Figures({})
        self.assertEqual({row.verdict(figures) for row in targets.ROWS}, {targets.NOT_MEASURED})
        self.assertEqual(targets.count(figures), (0, 10))

    def test_a_row_without_kafka_is_not_measured(self):
        self.assertEqual(self.verdict("produce-1k-ack", produced(cambium_ack=[100], floor_sync=[100])), targets.NOT_MEASURED)

    def test_a_miss_counts_more_than_what_is_not_measured(self):
        self.assertEqual(self.verdict("produce-1k-ack", produced(cambium_ack=[80], floor_sync=[100])), targets.MISSED)

    def test_a_row_holds_when_all_its_targets_do(self):
        all_there = produced(cambium_ack=[1, 90, 1000], floor_sync=[100], Kafka_sync=[45], Kafka=[90])
        self.assertEqual(self.verdict("produce-1k-ack", all_there), targets.HOLDS)

    def test_a_limit_is_within_the_target(self):
        self.assertEqual(self.verdict("produce-1k-ack", produced(cambium_ack=[85], floor_sync=[100], Kafka_sync=[42.5], Kafka=[85])),
                         targets.HOLDS)

    def test_who_is_behind_kafka_is_named(self):
        said = list(targets.summary(targets.Figures(produced(cambium_ack=[90], floor_sync=[100], Kafka_sync=[40], Kafka=[91]))))
        self.assertIn("rate of cambium ack / Kafka", said[-1])
        self.assertNotIn("Kafka sync", said[-1])

    def test_acks_are_compared_with_the_syncs_of_their_own_round(self):
        target = targets.above_in_syncs("l", "ack", "os", 1.5)
        ack = [{"p50_us": 500, "sync_us": 200}, {"p50_us": 900, "sync_us": 600}]
        figures = targets.Figures({"l": {"runs": {"ack": ack, "os": [{"p50_us": 300}, {"p50_us": 300}]}}})
        self.assertEqual((target.seen(figures), target.verdict(figures)), (1.0, targets.HOLDS))

    def test_each_row_has_its_measures_and_they_have_columns(self):
        import measures
        there = {measure.name: measure for measure in measures.measures(1, 3)}
        named = {name for row in targets.ROWS for name in row.measures}
        self.assertEqual(named, set(there))
        self.assertLessEqual({measure.kind for measure in there.values()}, set(report.COLUMNS))

    def test_twenty_gigabytes_go_into_the_growing_log_however_many_rounds(self):
        import measures
        for count in (1, 3, 7):
            row = next(measure for measure in measures.measures(1, count) if measure.name == "produce-1k-os")
            self.assertGreaterEqual(row.options["records"] * 1024 * count, measures.GROWING_BYTES - 1024 * count)


class Documents(unittest.TestCase):
    def test_a_partial_run_replaces_whole_measurements(self):
        before = {"machine": {"cores": 1}, "measures": {"a": {"runs": {"x": [1], "y": [2]}}, "b": {"runs": {}}}}
        now = {"machine": {"cores": 2}, "measures": {"a": {"runs": {"x": [3]}}}}
        self.assertEqual(report.merged(before, now), {"machine": {"cores": 2}, "measures": {"a": {"runs": {"x": [3]}}, "b": {"runs": {}}}})

    def test_a_missed_row_has_its_reason_and_its_command(self):
        results = {"machine": {}, "measures": produced(cambium_ack=[10, 20, 30], floor_sync=[100])}
        text, _ = report.document(results, {"produce-1k-ack": "The disk."})
        self.assertIn("**Why, and what would reach it.** The disk.", text)
        self.assertIn("`./dev bench produce-1k-ack --rounds 3`", text)
        self.assertIn("20 (10 to 30)", text)
        self.assertIn("**0 of 10 rows hold.**", text)

    def test_a_disturbed_figure_says_so(self):
        measure = {"kind": "throughput", "runs": {"cambium": rounds(1, 2, others=0.5)}}
        self.assertIn("cambium (2 of 2 disturbed)", "\n".join(report.table(measure)))

    def test_what_is_written_is_read_again(self):
        results = {"machine": {}, "measures": produced(cambium_ack=[10])}
        with tempfile.TemporaryDirectory() as place:
            report.write(pathlib.Path(place), results)
            self.assertEqual(report.load(pathlib.Path(place)), results)

    def test_reasons_belong_to_rows(self):
        self.assertLessEqual(set(report.reasons()), set(ROW))


class Plots(unittest.TestCase):
    def test_a_plot_is_sound_xml_and_shows_every_point(self):
        svg = plot.lines("<t>", "x", "y", {"cambium os": [(100, 5, 4, 6), (1024, 50, 40, 60)], "none": []})
        drawn = xml.dom.minidom.parseString(svg)
        self.assertEqual(len(drawn.getElementsByTagName("circle")), 2)
        self.assertEqual(len(drawn.getElementsByTagName("polyline")), 1)
        self.assertNotIn("none<", svg)

    def test_axes_take_one_point_and_named_ticks(self):
        xml.dom.minidom.parseString(plot.lines("t", "x", "y", {"a": [(1, 1, 1, 1)]}))
        ticks = [(0, "p50"), (1, "p99")]
        svg = plot.lines("t", "x", "y", {"a": [(0, 0.2, 0.1, 0.3), (1, 9, 5, 900)]}, log_x=False, log_y=True, x_ticks=ticks)
        self.assertIn(">p99<", svg)

    def test_nothing_measured_is_nothing_drawn(self):
        self.assertEqual(plot.lines("t", "x", "y", {"a": []}), "")

    def test_an_axis_has_a_few_ticks_whatever_is_highest(self):
        for highest in (0.0083, 0.8, 0.99, 1, 1.9, 2.0, 7.3, 8.61, 9.2, 10, 480, 999, 123456):
            ticks = plot.Axis([highest], 0, 100, log=False).ticks()
            self.assertTrue(3 <= len(ticks) <= 9, (highest, ticks))


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]])
