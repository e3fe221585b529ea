#include "cli/json.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "io/random.hpp"

namespace {

using cambium::Errc;
using namespace cambium::cli;

std::vector<std::string> elements(std::string_view text, Errc expected = Errc::none) {
    std::vector<std::string> out;
    auto array = JsonArray::open(text);
    if (!array.ok()) {
        CHECK(array.code() == expected);
        return out;
    }
    while (true) {
        auto element = array->next();
        if (!element.ok()) {
            CHECK(element.code() == expected);
            return out;
        }
        if (!element->has_value()) break;
        out.emplace_back(**element);
    }
    CHECK(expected == Errc::none);
    return out;
}

TEST_CASE("an element keeps exactly the text it has in the file") {
    const std::vector<std::string> found =
        elements(" [ {\"a\" : [1, 2 ,{}]} ,\n\"x,]\\\"\", -1.5e+3,null ,[] ]\n");
    CHECK(found ==
          std::vector<std::string>{"{\"a\" : [1, 2 ,{}]}", "\"x,]\\\"\"", "-1.5e+3", "null", "[]"});
    CHECK(elements("[]").empty());
}

TEST_CASE("text that is not JSON is refused where it stops being so") {
    for (const char* text :
         {"",         "{}",    "[1",      "[1 2]",     "[1,]",         "[,1]",
          "[01]",     "[1.]",  "[.5]",    "[\"a]",     "[\"\\x\"]",    "[\"\\u12g4\"]",
          "[\"\t\"]", "[tru]", "[{1:2}]", "[{\"a\"}]", "[{\"a\":1,}]", "[1] x",
          "[nul",     "[-]",   "[1e]",    "[}"}) {
        CAPTURE(text);
        elements(text, Errc::malformed);
    }
}

TEST_CASE("nesting is bounded") {
    const size_t deep = 100'000;
    elements(std::string(deep, '[') + std::string(deep, ']'), Errc::malformed);
    const size_t fine = json_depth_max;
    CHECK(elements(std::string(fine, '[') + std::string(fine, ']')).size() == 1);
}

TEST_CASE("a member is found by its name, at the top level only") {
    const std::string_view text =
        R"({"a":{"origin":"no"},"n":-12.50,"origin":"D\u0054W\n\u00e4\ud83d\ude00","e":null})";
    CHECK(json_member(text, "origin") == "DTW\n\u00e4\U0001F600");
    CHECK(json_member(text, "n") == "-12.50");
    CHECK(json_member(text, "a") == R"({"origin":"no"})");
    CHECK(json_member(text, "absent") == std::nullopt);
    CHECK(json_member("[1]", "a") == std::nullopt);
    CHECK(json_member("{}", "a") == std::nullopt);
    CHECK(json_member(R"({"lone":"\ud800"})", "lone") == "\uFFFD");
    CHECK(json_member(R"({"a":1)", "b") == std::nullopt);
}

TEST_CASE("what is written as a string reads back, and is UTF-8 whatever came in") {
    std::string out;
    append_json_string(out, "a\"\\\n\x01/\u00e4\U0001F600");
    CHECK(out == "\"a\\\"\\\\\\n\\u0001/\u00e4\U0001F600\"");
    std::string broken;
    append_json_string(broken, "\xff\xc0\x80\xed\xa0\x80z");
    CHECK(broken == "\"\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFDz\"");
    for (uint64_t seed = 1; seed <= 500; ++seed) {
        CAPTURE(seed);
        cambium::io::Random random(seed);
        std::string text;
        for (uint64_t i = random.below(20); i > 0; --i)
            text += static_cast<char>(random.below(128));
        std::string object = "{\"k\":";
        append_json_string(object, text);
        object += '}';
        CHECK(json_member(object, "k") == text);
    }
}

TEST_CASE("damaged JSON never crashes the scanner") {
    const std::string good =
        R"([{"date":"2001/01/01 00:47","delay":-6,"o":[true,"\u00e4\\"]}, 1e9])";
    for (uint64_t seed = 1; seed <= 3000; ++seed) {
        cambium::io::Random random(seed);
        std::string text = good.substr(0, random.below(good.size()) + 1);
        for (uint64_t i = random.below(3); i > 0; --i)
            text[random.below(text.size())] = static_cast<char>(random.next());
        auto array = JsonArray::open(text);
        while (array.ok()) {
            auto element = array->next();
            if (!element.ok() || !element->has_value()) break;
            (void)json_member(**element, "delay");
        }
    }
}

TEST_CASE("only JSON's own form of a number is a number") {
    for (const char* text : {"0", "-1", "31.95376472", "1e5", "0.5"}) CHECK(is_json_number(text));
    for (const char* text :
         {"", "-", "00", "007", "+1", "1.", ".5", "0x1", "1 ", " 1", "NaN", "1e"})
        CHECK_FALSE(is_json_number(text));
}

}  // namespace
