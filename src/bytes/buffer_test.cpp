#include "bytes/buffer.hpp"

#include <string>
#include <utility>

#include <doctest/doctest.h>

#include "bytes/crc32.hpp"

using namespace cambium;

TEST_CASE("a buffer grows by appending and keeps what it holds") {
    Buffer buffer;
    CHECK(buffer.empty());
    std::string expected;
    for (int i = 0; i < 1000; ++i) {
        buffer.append(std::to_string(i));
        expected += std::to_string(i);
    }
    CHECK(buffer.text() == expected);
}

TEST_CASE("a cleared buffer keeps its room") {
    Buffer buffer(100);
    buffer.append("text");
    const uint8_t* const before = buffer.data();
    buffer.clear();
    CHECK(buffer.empty());
    buffer.append(std::string(100, 'x'));
    CHECK(buffer.data() == before);
    CHECK(buffer.capacity() == 100);
}

TEST_CASE("a moved-from buffer is empty and of use") {
    Buffer buffer = Buffer::copy_of(as_bytes("text"));
    Buffer other = std::move(buffer);
    CHECK(other.text() == "text");
    CHECK(buffer.empty());  // NOLINT: this is what is tested
    CHECK(buffer.capacity() == 0);
    buffer.append("more");
    CHECK(buffer.text() == "more");
    other = std::move(buffer);
    CHECK(other.text() == "more");
}

TEST_CASE("dropping the front moves the rest down") {
    Buffer buffer = Buffer::copy_of(as_bytes("abcdef"));
    buffer.drop_front(0);
    buffer.drop_front(2);
    CHECK(buffer.text() == "cdef");
    buffer.drop_front(4);
    CHECK(buffer.empty());
}

TEST_CASE("extending gives room at the end") {
    Buffer buffer = Buffer::copy_of(as_bytes("ab"));
    uint8_t* const to = buffer.extend(2);
    to[0] = 'c';
    to[1] = 'd';
    CHECK(buffer.text() == "abcd");
    buffer.resize(1);
    CHECK(buffer.text() == "a");
}

TEST_CASE("views compare by content") {
    CHECK(same(as_bytes("abc"), as_bytes("abc")));
    CHECK(!same(as_bytes("abc"), as_bytes("abd")));
    CHECK(!same(as_bytes("abc"), as_bytes("ab")));
    CHECK(same({}, as_bytes("")));
}

TEST_CASE("crc32 is the one of gzip") {
    CHECK(crc32(as_bytes("123456789")) == 0xCBF43926);
    CHECK(crc32({}) == 0);
}
