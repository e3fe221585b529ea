// A message and its bytes written by hand, both ways.
#pragma once

#include <string>

#include <doctest/doctest.h>

#include "wire/message.hpp"
#include "wire/test_bytes.hpp"

namespace cambium::wire {

inline const std::string id_by_hand = "000102030405060708090a0b0c0d0e0f ";

inline Uuid sample_id() {
    Uuid id;
    for (size_t i = 0; i < id.bytes.size(); ++i) id.bytes[i] = static_cast<uint8_t>(i);
    return id;
}

// The message is written as these bytes and these bytes are read as the message.
template <class M> void same(const M& m, int version, const std::string& by_hand) {
    CAPTURE(M::name);
    CAPTURE(version);
    const std::string bytes = bytes_of(by_hand);
    Buffer out;
    REQUIRE(encode(m, version, out).ok());
    CHECK(hex_of(out.text()) == hex_of(bytes));
    const Result<M> back = decode<M>(as_bytes(bytes), version);
    REQUIRE(back.ok());
    CHECK(*back == m);
}

}  // namespace cambium::wire
