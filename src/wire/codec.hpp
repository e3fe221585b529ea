// The definitions behind wire/message.hpp, for the one .cpp of each API family.
//
// Included there and by tests only: every file that instantiates a walker pays for it at compile
// time, so each message is instantiated once, by CAMBIUM_MESSAGE(M).
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "bytes/buffer.hpp"
#include "bytes/bytes.hpp"
#include "wire/api.hpp"
#include "wire/decoder.hpp"
#include "wire/encoder.hpp"
#include "wire/message.hpp"
#include "wire/printer.hpp"

namespace cambium::wire {

// The part of each function below that is the same for all messages.
[[nodiscard]] Error no_such_version(std::string_view message, int version);
[[nodiscard]] std::string titled(std::string_view message, int version);

template <class M>
Status encode(const M& message, int version, Buffer& out, std::vector<Slot>* slots) {
    const ApiInfo& api = info(M::api);
    if (!api.versions.has(version)) return no_such_version(M::name, version);
    const size_t bytes_before = out.size();
    const size_t slots_before = slots == nullptr ? 0 : slots->size();
    Encoder encoder(api.form(version), out, slots);
    encoder.message(message);
    if (encoder.ok()) return {};
    out.resize(bytes_before);
    if (slots != nullptr) slots->resize(slots_before);
    return encoder.error(M::name);
}

template <class M> Result<M> decode(ByteView body, int version, size_t memory) {
    const ApiInfo& api = info(M::api);
    if (!api.versions.has(version)) return no_such_version(M::name, version);
    M message;
    Decoder decoder(api.form(version), body, memory);
    decoder.message(message);
    if (!decoder.ok()) return decoder.error(M::name);
    // Bytes behind the message are let be, as in Kafka: librdkafka 2.16 sends Metadata with some.
    return message;
}

template <class M> std::string print(const M& message, int version, size_t limit) {
    Printer printer(info(M::api).form(version), limit);
    printer.message(message);
    return titled(M::name, version) + std::move(printer).take();
}

}  // namespace cambium::wire

// A message that is only sent: it has slots, which cannot be read.
#define CAMBIUM_SENT_MESSAGE(M)                                                        \
    template cambium::Status cambium::wire::encode(const M&, int, cambium::Buffer&,    \
                                                   std::vector<cambium::wire::Slot>*); \
    template std::string cambium::wire::print(const M&, int, size_t)

#define CAMBIUM_MESSAGE(M)   \
    CAMBIUM_SENT_MESSAGE(M); \
    template cambium::Result<M> cambium::wire::decode(cambium::ByteView, int, size_t)
