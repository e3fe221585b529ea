// Any message in any version out of any bytes: it is refused, or it is one that is written and read
// again as itself; never more memory than the budget.
//
// The first byte chooses the message, requests and answers alike, the second its version, the rest
// is the body. A first byte beyond the messages makes the rest a whole frame: of a request, or of
// an answer to the request that the second byte chooses.
#include <cstddef>
#include <cstdint>

#include "base/check.hpp"
#include "bytes/buffer.hpp"
#include "wire/header.hpp"
#include "wire/messages.hpp"

namespace {

using namespace cambium;
using namespace cambium::wire;

constexpr size_t memory = size_t{1} << 20;

template <class M> void try_body(ByteView body, int version) {
    const Result<M> first = decode<M>(body, version, memory);
    if (!first.ok()) return;
    Buffer bytes;
    const Status written = encode(*first, version, bytes);
    check(written.ok(), version);
    const Result<M> second = decode<M>(bytes.view(), version);
    check(second.ok(), version);
    check(*second == *first, version);
    check(print(*first, version, 100).size() < 200);
}

void try_frame(ByteView frame) {
    const Result<Request> request = parse_request(frame);
    if (!request.ok() || !request->version_known()) return;
    EveryMessage::each([&]<class M>() {
        if (M::api == request->header.api) try_body<M>(request->body, request->header.version);
    });
}

// As our own client reads what a server says.
void try_answer(ByteView frame, uint8_t choice) {
    uint8_t at = 0;
    EveryMessage::each([&]<class M>() {
        if (at++ != choice) return;
        const int version = info(M::api).versions.last;
        const Result<Response> response = parse_response(frame, M::api, version);
        if (response.ok()) try_body<M>(response->body, version);
    });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size < 2) return 0;
    const ByteView body(data + 2, size - 2);
    uint8_t at = 0;
    EveryMessage::each([&]<class M>() {
        const Versions versions = info(M::api).versions;
        const int version = versions.first + data[1] % (versions.last - versions.first + 1);
        if (at++ == data[0]) try_body<M>(body, version);
    });
    if (data[0] < at) return 0;
    if ((data[0] & 1) != 0) try_frame(body);
    else try_answer(body, data[1]);
    return 0;
}
