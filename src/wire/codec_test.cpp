// Goal: every shape, in classic and flexible form, is written as docs/formats/kafka-messages.md
// says and nothing else is read. Method: small messages made for the test and bytes written by
// hand.
#include "wire/codec.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "wire/test_bytes.hpp"

namespace cambium::wire {
namespace {

struct Shapes {
    struct Point {
        int16_t x = 0;
        bool operator==(const Point&) const = default;
        static void fields(auto& m, auto& io) { io("X", m.x, since(0)); }
    };
    bool flag = false;
    int8_t tiny = 0;
    uint16_t port = 0;
    int64_t big = 0;
    double ratio = 0;
    Uuid id;
    std::string text;
    std::string_view view;
    std::vector<uint8_t> bytes;
    std::optional<RecordsView> records;
    std::vector<int32_t> numbers;
    std::optional<std::vector<std::string>> names;
    std::optional<Point> point;

    bool operator==(const Shapes&) const = default;
    static void fields(auto& m, auto& io) {
        io("Flag", m.flag, since(0));
        io("Tiny", m.tiny, since(0));
        io("Port", m.port, since(0));
        io("Big", m.big, since(0));
        io("Ratio", m.ratio, since(0));
        io("Id", m.id, since(0));
        io("Text", m.text, since(0));
        io("View", m.view, since(0));
        io("Bytes", m.bytes, since(0));
        io("Records", m.records, since(0).nullable());
        io("Numbers", m.numbers, since(0));
        io("Names", m.names, since(0).nullable());
        io("Point", m.point, since(0).nullable());
    }
};

// A field of each kind that versions treat in their own way.
struct Changing {
    std::optional<std::string> name = "";
    int32_t strict = -1;
    int32_t lenient = 0;
    int64_t tag_two = 7;
    std::vector<std::string> tag_five;
    std::optional<std::string> tag_six;

    bool operator==(const Changing&) const = default;
    static void fields(auto& m, auto& io) {
        io("Name", m.name, since(0).nullable(2));
        io("Strict", m.strict, since(1, 2).defaults(-1));
        io("Lenient", m.lenient, since(2).ignorable());
        io("TagTwo", m.tag_two, since(3).defaults(7).tagged(2).ignorable());
        io("TagFive", m.tag_five, since(3).tagged(5));
        io("TagSix", m.tag_six, since(4).nullable().tagged(6).ignorable());
    }
};

Shapes sample() {
    Shapes m{.flag = true,
             .tiny = -2,
             .port = 0xFEDC,
             .big = 0x0102030405060708,
             .ratio = 1.5,
             .id = {},
             .text = "ab",
             .view = "c",
             .bytes = {9, 8},
             .records = RecordsView{as_bytes("rec")},
             .numbers = {1, -1},
             .names = std::vector<std::string>{"", "x"},
             .point = Shapes::Point{5}};
    m.id.bytes[15] = 0xEE;
    return m;
}

constexpr Form classic{0, false};
constexpr Form flexible{0, true};

template <class M> std::string encoded(const M& m, Form form) {
    Buffer out;
    Encoder encoder(form, out, nullptr);
    encoder.message(m);
    REQUIRE(encoder.ok());
    return std::string(out.text());
}

template <class M> Errc encode_error(const M& m, Form form) {
    Buffer out;
    Encoder encoder(form, out, nullptr);
    encoder.message(m);
    return encoder.ok() ? Errc::none : encoder.error("M").code;
}

struct Read {
    Errc error;
    size_t memory;  // that was taken
};

constexpr size_t budget = 1 << 20;

template <class M> Read read(std::string_view bytes, Form form, M& m, size_t memory = budget) {
    Decoder decoder(form, as_bytes(bytes), memory);
    decoder.message(m);
    const size_t taken = memory - decoder.memory();
    if (!decoder.ok()) return {decoder.error("M").code, taken};
    return {decoder.left() == 0 ? Errc::none : Errc::malformed, taken};
}

template <class M> Errc read_error(std::string_view bytes, Form form) {
    M m;
    return read(bytes, form, m).error;
}

const std::string numbers_by_hand =
    "01 fe fedc 0102030405060708 3ff8000000000000 "
    "000000000000000000000000000000ee ";

TEST_CASE("classic lengths are 16 bits for text and 32 bits for all else") {
    const std::string by_hand =
        bytes_of(numbers_by_hand +
                 "0002 'ab' 0001 'c' 00000002 0908 00000003 'rec' "
                 "00000002 00000001 ffffffff 00000002 0000 0001 'x' 01 0005");
    CHECK(hex_of(encoded(sample(), classic)) == hex_of(by_hand));
    Shapes m;
    CHECK(read(by_hand, classic, m).error == Errc::none);
    CHECK(m == sample());
}

TEST_CASE("compact lengths are one more than the length, and every struct ends with its tags") {
    const std::string by_hand = bytes_of(numbers_by_hand +
                                         "03 'ab' 02 'c' 03 0908 04 'rec' "
                                         "03 00000001 ffffffff 03 01 02 'x' 01 0005 00 00");
    CHECK(hex_of(encoded(sample(), flexible)) == hex_of(by_hand));
    Shapes m;
    CHECK(read(by_hand, flexible, m).error == Errc::none);
    CHECK(m == sample());
}

TEST_CASE("null is a length of -1, a compact length of 0, and a marker of -1 before a struct") {
    Shapes m = sample();
    m.records.reset(), m.names.reset(), m.point.reset();
    const std::string classic_end = bytes_of("ffffffff 00000000 ffffffff ff");
    const std::string flexible_end = bytes_of("00 01 00 ff 00");
    m.numbers.clear();
    CHECK(encoded(m, classic).ends_with(classic_end));
    CHECK(encoded(m, flexible).ends_with(flexible_end));
    for (const Form form : {classic, flexible}) {
        const std::string bytes = encoded(m, form);
        Shapes back = sample();
        CHECK(read(bytes, form, back).error == Errc::none);
        CHECK(back == m);
    }
}

TEST_CASE("a compact length over 126 takes two bytes") {
    Shapes m = sample();
    m.text.assign(200, 't');
    const std::string bytes = encoded(m, flexible);
    CHECK(bytes.find(bytes_of("c901 'ttt'")) != std::string::npos);
    Shapes back;
    CHECK(read(bytes, flexible, back).error == Errc::none);
    CHECK(back == m);
}

TEST_CASE("every truncation is refused") {
    for (const Form form : {classic, flexible}) {
        const std::string bytes = encoded(sample(), form);
        for (size_t n = 0; n < bytes.size(); ++n) {
            CAPTURE(n);
            CHECK(read_error<Shapes>(std::string_view(bytes).substr(0, n), form) ==
                  Errc::malformed);
        }
    }
}

TEST_CASE("a view looks into the frame and a string owns its text") {
    const std::string bytes = encoded(sample(), flexible);
    Shapes m;
    const Read done = read(bytes, flexible, m);
    CHECK(m.view.data() > bytes.data());
    CHECK(m.view.data() < bytes.data() + bytes.size());
    CHECK(m.records->bytes.data() > as_bytes(bytes).data());
    // Only what is owned is paid for: "ab", two bytes, two numbers, two names and the text of one.
    CHECK(done.memory == 2 + 2 + 2 * sizeof(int32_t) + 2 * sizeof(std::string) + 1);
}

TEST_CASE("text over 32767 bytes is neither sent nor read") {
    Shapes m = sample();
    m.text.assign(32767, 't');
    CHECK(encode_error(m, classic) == Errc::none);
    m.text += 't';
    CHECK(encode_error(m, classic) == Errc::invalid_argument);
    CHECK(encode_error(m, flexible) == Errc::invalid_argument);

    const std::string name(32768, 'n');
    CHECK(read_error<Changing>(bytes_of("818002") + name + bytes_of("00000000 00"), {3, true}) ==
          Errc::malformed);
}

TEST_CASE("a field is null only in versions that say so") {
    const Changing null{.name = std::nullopt, .tag_five = {}, .tag_six = {}};
    CHECK(encode_error(null, {1, false}) == Errc::invalid_argument);
    CHECK(encode_error(null, {2, false}) == Errc::none);
    CHECK(read_error<Changing>(bytes_of("ffff 00000000"), {1, false}) == Errc::malformed);
    CHECK(read_error<Changing>(bytes_of("ffff 00000000 00000000"), {2, false}) == Errc::none);
}

TEST_CASE("a value that the version cannot carry is an error unless it is ignorable") {
    Changing m;
    m.lenient = 5;
    CHECK(hex_of(encoded(m, {1, false})) == "0000ffffffff");
    m.strict = 5;
    CHECK(encode_error(m, {0, false}) == Errc::unsupported_version);
    CHECK(encode_error(m, {1, false}) == Errc::none);
    CHECK(encode_error(m, {3, true}) == Errc::unsupported_version);
    m.strict = -1;
    m.tag_two = 8;
    CHECK(encode_error(m, {1, false}) == Errc::none);
    m.tag_five = {"x"};
    CHECK(encode_error(m, {1, false}) == Errc::unsupported_version);
}

TEST_CASE("an error names the message, the version and the field") {
    Changing m;
    m.strict = 5;
    Buffer out;
    Encoder encoder({0, false}, out, nullptr);
    encoder.message(m);
    CHECK(encoder.error("Changing").context == "Changing version 0 cannot carry Strict");

    const std::string cut = bytes_of("0000 00000001");
    Decoder decoder({2, false}, as_bytes(cut), budget);
    decoder.message(m);
    CHECK(decoder.error("Changing").context == "Changing version 2 at Lenient");
}

TEST_CASE("fields that are not sent begin with their defaults") {
    Changing m;
    CHECK(read(bytes_of("0001 'n'"), {0, false}, m).error == Errc::none);
    CHECK(m == Changing{.name = "n", .tag_five = {}, .tag_six = {}});
}

const std::string before_tags = "01 00000000";  // of Changing in version 3 and 4

TEST_CASE(
    "tagged fields are sent by ascending tag, with their size, when they differ from nothing") {
    Changing m;
    CHECK(hex_of(encoded(m, {4, true})) == hex_of(bytes_of(before_tags + "00")));
    m.tag_two = 1;
    m.tag_five = {"a"};
    m.tag_six = "";
    const std::string by_hand =
        bytes_of(before_tags + "03  02 08 0000000000000001  05 03 02 02 'a'  06 01 01");
    CHECK(hex_of(encoded(m, {4, true})) == hex_of(by_hand));
    Changing back;
    CHECK(read(by_hand, {4, true}, back).error == Errc::none);
    CHECK(back == m);
}

TEST_CASE("the size of a tagged field may take more than one byte") {
    Changing m;
    m.tag_five = {std::string(300, 'a'), std::string(20000, 'b')};
    const std::string bytes = encoded(m, {3, true});
    CHECK(bytes.substr(5).starts_with(bytes_of("01 05 d29e01")));
    Changing back;
    CHECK(read(bytes, {3, true}, back).error == Errc::none);
    CHECK(back == m);
}

TEST_CASE("unknown tags are skipped, before, between and after those that are known") {
    Changing m;
    const std::string bytes = bytes_of(
        before_tags +
        "06  00 00  02 08 0000000000000001  03 02 ffff  05 03 02 02 'a'  06 01 01  c801 01 ff");
    CHECK(read(bytes, {4, true}, m).error == Errc::none);
    CHECK(m.tag_two == 1);
    CHECK(m.tag_five == std::vector<std::string>{"a"});
    CHECK(m.tag_six == "");
    // Tag 6 exists from version 4 on: before, it is as unknown as any.
    Changing older;
    CHECK(read(bytes, {3, true}, older).error == Errc::none);
    CHECK(older.tag_five == m.tag_five);
    CHECK(older.tag_six == std::nullopt);
}

TEST_CASE("a tag that comes twice or out of order is refused") {
    const std::string two = "02 08 0000000000000001 ";
    CHECK(read_error<Changing>(bytes_of(before_tags + "01" + two), {3, true}) == Errc::none);
    CHECK(read_error<Changing>(bytes_of(before_tags + "02" + two + two), {3, true}) ==
          Errc::malformed);
    CHECK(read_error<Changing>(bytes_of(before_tags + "02 05 01 01" + two), {3, true}) ==
          Errc::malformed);
    CHECK(read_error<Changing>(bytes_of(before_tags + "02 09 00 09 00"), {3, true}) ==
          Errc::malformed);
}

TEST_CASE("a tagged field uses exactly the bytes that it said") {
    CHECK(read_error<Changing>(bytes_of(before_tags + "01 02 07 00000000000000"), {3, true}) ==
          Errc::malformed);
    CHECK(read_error<Changing>(bytes_of(before_tags + "01 02 09 000000000000000000"), {3, true}) ==
          Errc::malformed);
    CHECK(read_error<Changing>(bytes_of(before_tags + "01 05 02 02 02 'a'"), {3, true}) ==
          Errc::malformed);
}

TEST_CASE("a varint is at most five bytes and 32 bits") {
    for (const char* const tail : {"8080808080 00", "ffffffff1f", "ffffffffffffffffff01"}) {
        CAPTURE(tail);
        CHECK(read_error<Changing>(bytes_of(tail) + bytes_of("00000000 00"), {3, true}) ==
              Errc::malformed);
        CHECK(read_error<Changing>(bytes_of(before_tags) + bytes_of(tail), {3, true}) ==
              Errc::malformed);
    }
}

struct Nested {
    struct Leaf {
        std::vector<std::string> names;
        static void fields(auto& m, auto& io) { io("Names", m.names, since(0)); }
    };
    struct Branch {
        std::vector<Leaf> leaves;
        static void fields(auto& m, auto& io) { io("Leaves", m.leaves, since(0)); }
    };
    std::vector<Branch> branches;
    static void fields(auto& m, auto& io) { io("Branches", m.branches, since(0)); }
};

TEST_CASE("the smallest size of an element counts everything as empty") {
    CHECK(Smallest::of<int32_t>(classic) == 4);
    CHECK(Smallest::of<std::string>(classic) == 2);
    CHECK(Smallest::of<std::string>(flexible) == 1);
    CHECK(Smallest::of<Nested::Leaf>(classic) == 4);
    CHECK(Smallest::of<Nested::Leaf>(flexible) == 2);
    CHECK(Smallest::of<Shapes>(classic) == 36 + 2 + 2 + 5 * 4 - 4 + 1);
    CHECK(Smallest::of<Shapes>(flexible) == 36 + 1 + 1 + 4 + 1 + 1);
    CHECK(Smallest::of<Changing>({3, true}) == 1 + 4 + 1);
}

TEST_CASE("a count of elements whose bytes are not there allocates nothing") {
    for (const auto& [form, count] : {std::pair{classic, "7fffffff"},
                                      {classic, "00000002"},
                                      {classic, "ffffffff"},
                                      {classic, "80000000"},
                                      {flexible, "ffffffff07"},
                                      {flexible, "ffffffff0f"},
                                      {flexible, "04"},
                                      {flexible, "00"}}) {
        CAPTURE(count);
        Nested m;
        const Read done = read(bytes_of(count) + bytes_of("0000 0000"), form, m);
        CHECK(done.error == Errc::malformed);
        CHECK(done.memory == 0);
        CHECK(m.branches.capacity() == 0);
    }
}

TEST_CASE("nested arrays that are there are bounded by the budget, not by their claims") {
    // 300,000 bytes that say: 60,000 branches, each of 4 bytes: an empty list.
    std::string bytes = bytes_of("0000ea60");
    bytes.append(60'000 * 4, '\0');
    Nested m;
    CHECK(read(bytes, classic, m, 60'000 * sizeof(Nested::Branch)).error == Errc::none);
    Nested refused;
    const Read done = read(bytes, classic, refused, 60'000 * sizeof(Nested::Branch) - 1);
    CHECK(done.error == Errc::over_budget);
    CHECK(refused.branches.capacity() == 0);

    // Every level claims as much as the bytes allow: only the first one gets it.
    std::string greedy;
    for (int i = 0; i < 1000; ++i) greedy += bytes_of("000003e7");
    Nested claimed;
    const Read greed = read(greedy, classic, claimed);
    CHECK(greed.error == Errc::malformed);
    CHECK(greed.memory <=
          1000 * (sizeof(Nested::Branch) + sizeof(Nested::Leaf)) + 1000 * sizeof(std::string));
}

TEST_CASE("owned text is paid for before it is copied") {
    Changing m;
    const std::string names = encoded(
        Changing{.tag_five = {std::string(8192, 'a'), std::string(8192, 'b')}, .tag_six = {}},
        {3, true});
    CHECK(read(names, {3, true}, m, 2 * sizeof(std::string) + 16384).error == Errc::none);
    CHECK(read(names, {3, true}, m, 2 * sizeof(std::string) + 16383).error == Errc::over_budget);
}

struct Sent {
    RecordsSlot first, second;
    static void fields(auto& m, auto& io) {
        io("First", m.first, since(0).nullable());
        io("Second", m.second, since(0).nullable());
    }
};

TEST_CASE("a slot takes the place of its bytes") {
    Buffer out;
    out.append(std::string_view("ahead"));
    std::vector<Slot> slots;
    Encoder encoder(flexible, out, &slots);
    encoder.message(Sent{{300}, {0}});
    CHECK(hex_of(out.text().substr(5)) == hex_of(bytes_of("ad02 01 00")));
    CHECK(slots == std::vector<Slot>{{7, 300}, {8, 0}});
}

TEST_CASE("printing shows what differs from nothing, and never more than the limit") {
    Printer printer({4, true}, 100);
    printer.message(Changing{.name = "a\nb", .strict = -1, .tag_five = {"x", "y"}, .tag_six = {}});
    CHECK(std::move(printer).take() == "{Name='a?b', TagFive=['x', 'y']}");

    Printer shapes(classic, 1000);
    shapes.message(sample());
    CHECK(std::move(shapes).take() ==
          "{Flag=true, Tiny=-2, Port=65244, Big=72623859790382856, Ratio=1.500000, "
          "Id=AAAAAAAAAAAAAAAAAAAA7g, Text='ab', View='c', Bytes=2 bytes, Records=3 bytes, "
          "Numbers=[1, -1], Names=['', 'x'], Point={X=5}}");

    Changing large;
    large.tag_five.assign(100'000, "many");
    for (const size_t limit : {0U, 1U, 3U, 4U, 50U}) {
        Printer bounded({4, true}, limit);
        bounded.message(large);
        const std::string text = std::move(bounded).take();
        CHECK(text.size() <= std::max<size_t>(limit, 3));
        CHECK(text.ends_with("..."));
    }
}

}  // namespace
}  // namespace cambium::wire
