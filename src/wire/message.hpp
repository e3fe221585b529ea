// Encoding, decoding and printing of messages.
//
// A message M is a struct with `static constexpr ApiKey api`, `static constexpr std::string_view
// name` and `fields` (wire/field.hpp). These functions are defined for every message in
// messages/*.cpp; the walkers behind them stand in wire/codec.hpp. All are synchronous and keep
// nothing: any thread.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "bytes/buffer.hpp"
#include "bytes/bytes.hpp"
#include "wire/api.hpp"
#include "wire/field.hpp"

namespace cambium::wire {

// How much memory a decoded message may take unless the caller's budget says otherwise.
inline constexpr size_t default_decode_memory = size_t{32} << 20;
inline constexpr size_t default_print_length = 1024;

// Appends the body of `message`. Errors, after which `out` is as before: unsupported_version when
// `version` is not one of M or cannot carry a field that has a value and is not ignorable;
// invalid_argument for a null where the version has none and for a text over 32767 bytes.
// `slots` receives the places of RecordsSlots (required when M has any); the positions are in
// `out`.
template <class M>
[[nodiscard]] Status encode(const M& message, int version, Buffer& out,
                            std::vector<Slot>* slots = nullptr);

// Reads one whole body. Members that are views look into `body`, all others own what they hold.
// Errors: unsupported_version; malformed when the bytes do not follow the format or some are left
// over; over_budget when the message would take more than `memory` bytes of memory. Nothing is
// allocated for elements whose bytes are not there.
template <class M>
[[nodiscard]] Result<M> decode(ByteView body, int version, size_t memory = default_decode_memory);

// For logs: "MetadataRequest v9 {Topics=[...], ...}", cut at `limit` characters.
template <class M>
[[nodiscard]] std::string print(const M& message, int version, size_t limit = default_print_length);

}  // namespace cambium::wire
