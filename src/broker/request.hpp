// One request on its way through the server, and what comes back.
//
// A Request belongs to its connection from the frame's last byte to its answer and stays where it
// is. Handlers get a pointer, look at views into the frame and give a Reply.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.hpp"
#include "broker/answer.hpp"
#include "broker/error_count.hpp"
#include "bytes/buffer.hpp"
#include "bytes/bytes.hpp"
#include "io/clock.hpp"
#include "io/network.hpp"
#include "replica/waiting.hpp"
#include "wire/header.hpp"

namespace cambium::broker {

// What all requests of a connection share.
struct Peer {
    uint64_t connection = 0;  // counts connections since the start
    std::string listener;     // "PLAINTEXT"
    io::Address local;
    io::Address remote;
};

// Where the time of a request goes (HOUSE 13).
enum class Stage : uint8_t {
    read,    // from the first byte of the frame to the last
    decode,  // header and body to a message
    stage,   // batches checked and appended in memory
    wait,    // for the high watermark, or for bytes
    work,    // everything else the handler did
    answer,  // from the encoded answer to its last byte in the socket
};
inline constexpr size_t stage_count = 6;

struct Request;
class BatchWork;
class ProduceLine;

// Told when a handler no longer needs the frame.
class FrameOwner {
public:
    virtual ~FrameOwner() = default;
    virtual void dropped(Request& request) = 0;
};

struct Request {
    const Peer* peer = nullptr;
    Buffer frame;
    FrameOwner* owner = nullptr;
    ProduceLine* line = nullptr;      // of its connection
    BatchWork* batch_work = nullptr;  // of all connections
    int64_t charge = 0;               // of the frame, to the budget for requests
    wire::RequestHeader header;       // the client id looks into the frame
    ByteView body;
    static constexpr size_t client_kept_bytes = 64;
    std::string client;     // its id, when the frame is gone
    io::Monotonic arrived;  // its last byte

    // While the handler waits, so that a connection that ends can end the wait.
    replica::Waiter* waiting = nullptr;
    std::array<io::Duration, stage_count> spent{};

    // Gives the frame's memory back while the request goes on to wait. Nothing looks into it any
    // more.
    void drop_frame() {
        client.assign(client_id().substr(0, client_kept_bytes));
        frame = Buffer();
        body = {};
        header.client_id.reset();
        owner->dropped(*this);
    }

    [[nodiscard]] int version() const { return header.version; }
    [[nodiscard]] std::string_view client_id() const { return header.client_id.value_or(client); }
    [[nodiscard]] io::Duration& in(Stage stage) { return spent[static_cast<size_t>(stage)]; }
    // The same bytes as `view`, which looks into the frame, but writable.
    [[nodiscard]] MutableBytes writable(ByteView view) {
        return frame.mutable_view().subspan(static_cast<size_t>(view.data() - frame.data()),
                                            view.size());
    }
};

struct Reply {
    enum class Kind : uint8_t {
        answer,
        none,   // acks=0: the client does not expect one
        close,  // the connection ends without one
    };
    Kind kind = Kind::close;
    Answer answer;
    // For the journal, when it closes.
    std::string why;
    // Error codes inside the answer, for metrics.
    int64_t errors = 0;

    [[nodiscard]] static Reply with(Answer answer) {
        return {Kind::answer, std::move(answer), {}, 0};
    }
    [[nodiscard]] static Reply none() { return {Kind::none, {}, {}, 0}; }
    [[nodiscard]] static Reply close(std::string why) {
        return {Kind::close, {}, std::move(why), 0};
    }
};

// Encodes `message` as the answer to `request`. One that cannot be encoded, because it would be
// larger than the protocol can say, closes the connection.
template <class M> [[nodiscard]] Reply answer_with(const M& message, const Request& request) {
    Buffer out;
    const Status encoded =
        wire::encode_response(message, request.header.version, request.header.correlation_id, out);
    if (!encoded.ok()) return Reply::close(encoded.error().text());
    Reply reply = Reply::with(Answer(std::move(out)));
    reply.errors = ErrorCount::of(message);
    return reply;
}

}  // namespace cambium::broker
