// One connection to one server: requests are pipelined, answers come in order.
//
// A server answers the requests of a connection in the order it received them (Kafka's protocol
// guide, "Network"), so a request that gets no answer in time blocks all later ones: its deadline
// ends the connection and every request on it. Then the caller cannot know whether they were
// carried out. One loop. The owner awaits close() before it destroys the connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.hpp"
#include "bytes/buffer.hpp"
#include "bytes/bytes.hpp"
#include "client/frame_reader.hpp"
#include "io/gate.hpp"
#include "io/network.hpp"
#include "io/task.hpp"
#include "io/timers.hpp"
#include "io/world.hpp"
#include "wire/api.hpp"
#include "wire/header.hpp"
#include "wire/message.hpp"

namespace cambium::client {

struct ConnectionOptions {
    std::string client_id = "cambium";
    size_t frame_bytes_max = size_t{100} << 20;
    size_t requests_max = 128;  // waiting for their answers
};

// A decoded answer and the frame that its views look into.
template <class Message> struct Reply {
    Buffer frame;
    Message message;
};

// A request ready to be sent. Its number is taken when it is encoded.
struct EncodedRequest {
    wire::ApiKey api;
    int16_t version;
    int32_t correlation_id;
    Buffer frame;
};

class Connection {
    struct Private {};  // open() is the one way to make one

public:
    Connection(Private, io::World world, ConnectionOptions options,
               std::unique_ptr<io::Stream> stream);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // Errors: those of io::Network::connect.
    static io::Task<Result<std::unique_ptr<Connection>>> open(io::World world, io::Address address,
                                                              ConnectionOptions options);

    // False once the connection is of no use any more.
    [[nodiscard]] bool usable() const { return broken_ == Errc::none; }
    // It broke, and not everybody who waits has heard of it yet.
    [[nodiscard]] bool telling() const { return telling_; }

    // The request is encoded now and sent when the Task runs. Errors besides those of encode():
    // request_timed_out, and what ended the connection; in both cases the request may have been
    // carried out. over_budget: too many requests wait. malformed: the answer cannot be read.
    template <class Response, class Request>
    [[nodiscard]] io::Task<Result<Reply<Response>>> call(const Request& request, int16_t version,
                                                         io::Monotonic deadline) {
        Result<EncodedRequest> encoded = encode(request, version);
        return finish<Response>(std::move(encoded), deadline);
    }
    // For a request that is not answered (Produce with acks=0): done when the bytes are handed
    // over.
    template <class Request> [[nodiscard]] Status send(const Request& request, int16_t version) {
        Result<EncodedRequest> encoded = encode(request, version);
        if (!encoded.ok()) return encoded.error();
        return write(std::move(encoded->frame));
    }

    // Ends what waits with `cancelled`.
    void abort() { fail(Errc::cancelled); }
    // abort(), and completes when nothing runs any more. Once.
    io::Task<void> close();

private:
    struct Waiting;

    template <class Request>
    Result<EncodedRequest> encode(const Request& request, int16_t version) {
        EncodedRequest out{Request::api, version, next_correlation_id_++, Buffer{}};
        const Status status = wire::encode_request(request, version, out.correlation_id,
                                                   std::string_view(options_.client_id), out.frame);
        if (!status.ok()) return status.error();
        return out;
    }
    template <class Response>
    io::Task<Result<Reply<Response>>> finish(Result<EncodedRequest> request,
                                             io::Monotonic deadline) {
        if (!request.ok()) co_return request.error();
        const wire::ApiKey api = request->api;
        const int16_t version = request->version;
        Result<Buffer> frame = co_await exchange(std::move(request.value()), deadline);
        if (!frame.ok()) co_return frame.error();
        const ByteView bytes = frame->view().subspan(frame_size_bytes);
        const Result<wire::Response> response = wire::parse_response(bytes, api, version);
        if (!response.ok()) co_return response.error();
        Result<Response> message = wire::decode<Response>(response->body, version);
        if (!message.ok()) co_return message.error();
        co_return Reply<Response>{std::move(frame.value()), std::move(message.value())};
    }

    // Sends a request and waits for the frame of its answer.
    io::Task<Result<Buffer>> exchange(EncodedRequest request, io::Monotonic deadline);
    Status write(Buffer frame);
    // Writes what waits, as far as the stream takes it.
    void write_now();
    io::Task<void> write_loop();
    io::Task<void> read_loop();
    [[nodiscard]] Errc read_now();
    [[nodiscard]] Errc take_frames();
    // Ends the connection; everything that waits gets `why`.
    void fail(Errc why);

    io::World world_;
    ConnectionOptions options_;
    std::unique_ptr<io::Stream> stream_;
    FrameReader reader_;
    std::deque<Buffer> outgoing_;
    size_t outgoing_sent_ = 0;      // bytes of the first one
    std::deque<Waiting*> waiting_;  // each lives in its exchange(); in the order sent
    int32_t next_correlation_id_ = 1;
    Errc broken_ = Errc::none;
    bool telling_ = false;
    io::Signal blocked_;  // the stream took less than all
    io::Gate gate_;
};

}  // namespace cambium::client
