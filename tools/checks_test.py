"""The checks of ./dev check find what they are for, and leave good code alone."""
import pathlib
import sys
import unittest
from unittest import mock

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import banned  # noqa: E402
import cpp_text  # noqa: E402
import faults  # noqa: E402
import layers  # noqa: E402

LAYERS = "base :\nbytes : base < lz4\nsim : base\nreal : base\nlog : base bytes\n"


def layer_faults(path, text):
    allowed, fences = layers.parse(LAYERS)
    with mock.patch("tree.read", return_value=text):
        return list(layers.faults_in(pathlib.Path(path), allowed, fences))


class Faults(unittest.TestCase):
    def found(self, *rows):
        text = "".join(f"| {row} |\n" for row in rows)
        return list(faults.faults_in(text, lambda path, claim: "" if claim == "there" else f"{path}: {claim}?"))

    def test_a_row_names_tests_that_exist(self):
        every = [f"{fault} | a | b | `x.cpp` there" for fault in sorted(faults.FAULTS.listed)]
        self.assertEqual(self.found(*every), [])
        self.assertEqual(len(self.found(*every[1:])), 1)
        self.assertEqual(len(self.found(*every, "3 | a | b | `x.cpp` there<br>`y.py` gone")), 1)
        self.assertEqual(len(self.found(*every, "3 | a | b | tested by hand")), 1)
        self.assertEqual(len(self.found(*every, "3 | a | b | no test: there are no groups yet")), 1)

    def test_a_behaviour_has_a_test_or_a_sentence(self):
        page = faults.Page("page.md", {"7", "A1"}, may_do_without=True)
        text = "| 7 | a | `x.cpp` there |\n| A1 | b | no test: there are no groups yet |\n"
        self.assertEqual(list(faults.faults_in(text, lambda *_: "", page)), [])
        self.assertEqual(len(list(faults.faults_in(text, lambda *_: "gone", page))), 1)
        self.assertEqual(len(list(faults.faults_in("| 7 | a | no test |\n", lambda *_: "", page))), 2)


class Layers(unittest.TestCase):
    def test_a_room_includes_only_its_line(self):
        self.assertEqual(layer_faults("src/log/a.cpp", '#include "bytes/x.hpp"\n#include "log/y.hpp"\n'), [])
        self.assertEqual(len(layer_faults("src/bytes/a.cpp", '#include "log/y.hpp"\n')), 1)
        self.assertEqual(len(layer_faults("src/log/a.cpp", '#  include "sim/y.hpp"\n')), 1)

    def test_tests_also_include_the_two_worlds(self):
        self.assertEqual(layer_faults("src/log/a_test.cpp", '#include "sim/y.hpp"\n#include "real/y.hpp"\n'), [])
        self.assertEqual(len(layer_faults("tests/sim/a.cpp", '#include "real/y.hpp"\n#include "own.hpp"\n')), 1)

    def test_a_fenced_header_stays_in_its_room(self):
        self.assertEqual(layer_faults("src/bytes/a.cpp", "#include <lz4frame.h>\n"), [])
        self.assertEqual(len(layer_faults("src/log/a.cpp", "#include <lz4.h>\n")), 1)

    def test_there_is_no_way_around(self):
        self.assertEqual(len(layer_faults("src/log/a.cpp", '#include "own.hpp"\n')), 1)
        self.assertEqual(len(layer_faults("src/bytes/a.cpp", "#include <log/y.hpp>\n")), 1)
        self.assertEqual(len(layer_faults("src/cellar/a.cpp", "")), 1)

    def test_a_cycle_cannot_be_written(self):
        with self.assertRaises(SystemExit):
            layers.parse("base : log\nlog : base\n")


class Lengths(unittest.TestCase):
    def measured(self, text):
        return [(first, last) for first, last, _ in cpp_text.functions(text)]

    def test_functions_are_found_in_namespaces_and_classes(self):
        self.assertEqual(self.measured("namespace a {\nclass B : public C<int()> {\npublic:\n    int f() const {\n"
                                       "        if (x) { y(); }\n        return 1;\n    }\n};\n}\n"), [(4, 7)])

    def test_an_initialiser_list_with_braces_belongs_to_its_function(self):
        self.assertEqual(self.measured("B::B(int a)\n    : a_{a},\n      b_(1) {\n    go();\n}\nvoid g() {\n}\n"),
                         [(1, 5), (6, 7)])

    def test_tables_are_no_functions(self):
        self.assertEqual(self.measured("constexpr int t[] = {\n1,\n2};\nconst auto u = make({\n1});\nint v{3};\n"), [])

    def test_a_test_case_and_a_lambda_are_functions(self):
        self.assertEqual(self.measured('TEST_CASE("a } in a name") {\n    x();\n}\nconst auto f = [](int) {\n};\n'),
                         [(1, 3), (4, 5)])

    def test_strings_comments_and_directives_do_not_count(self):
        self.assertEqual(self.measured("#define X(a) {a\nint f() {\n    // {\n    s = \"{\" R\"({{)\";\n    n = 1'000;\n"
                                       "    c = '{';\n}\nint g() { return 1; }\n"), [(2, 7), (8, 8)])

    def test_a_template_function_is_no_type(self):
        self.assertEqual(self.measured("template <class T, class... U>\nauto f(struct X* x) -> std::string {\n}\n"), [(1, 3)])


class Banned(unittest.TestCase):
    def faults(self, path, text):
        path = pathlib.Path(path)
        return [*banned.code_faults(path, text), *banned.word_faults(path, text)]

    def test_each_word_is_found(self):
        for text in ("std::thread t;", "std::mutex m;", "auto t = std::chrono::steady_clock::now();", "rand();",
                     "int f = ::open(p, 0);", "std::map<Node*, int> m;", "auto* p = new Node();", "assert(x);",
                     "std::this_thread::yield();", "std::unordered_map<int, int> m;", "// TO" "DO later",
                     'auto p = "/ro' 'ot/x";'):
            self.assertEqual(len(self.faults("src/log/a.cpp", text)), 1, text)

    def test_good_code_is_left_alone(self):
        for text in ("// Pure look-up: never iterated.\nstd::unordered_map<int, int> m;", "now(); clock.now();",
                     "static_assert(x);", 'auto s = "std::thread";', "new (place) Node();", "file->open();",
                     "io::open(x); log::read(y); disk.open(p);", "brand(); operand();"):
            self.assertEqual(self.faults("src/log/a.cpp", text), [], text)

    def test_the_real_world_is_excused(self):
        self.assertEqual(self.faults("src/real/a.cpp", "std::thread t; ::open(p, 0);"), [])


if __name__ == "__main__":
    unittest.main()
