#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bytes/buffer.hpp"
#include "bytes/bytes.hpp"
#include "bytes/endian.hpp"
#include "drive.hpp"
#include "record/builder.hpp"
#include "wire/header.hpp"
#include "wire/messages/produce.hpp"

namespace cambium::drive {

namespace {

constexpr int16_t version = 7;  // the newest of fixed layout; every server here has it
constexpr int32_t answer_within_ms = 30'000;
constexpr size_t size_bytes = 4;
constexpr size_t answer_bytes_max = size_t{1} << 20;

// One request: it says the same each time, on every connection.
Buffer request_of(const Options& options) {
    record::BatchBuilder builder;
    const std::string value(static_cast<size_t>(options.record_bytes), 'v');
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    record::NewRecord record;
    record.timestamp = Timestamp(now.tv_sec * 1000);
    record.value = as_bytes(value);
    for (int64_t i = 0; i < options.batch_records; ++i)
        if (!builder.append(record).ok()) give_up("the batch is too large");
    const auto batch = builder.finish();
    if (!batch.ok()) give_up("the batch cannot be made");
    wire::ProduceRequest request;
    request.acks = -1;
    request.timeout_ms = answer_within_ms;
    auto& topic = request.topic_data.emplace_back();
    topic.name = options.topic;
    topic.partition_data.push_back({0, wire::RecordsView{batch->view()}});
    Buffer frame;
    if (!wire::encode_request(request, version, 1, "drive", frame).ok())
        give_up("the request cannot be encoded");
    return frame;
}

sockaddr_in address_of(const std::string& server) {
    const size_t colon = server.rfind(':');
    sockaddr_in address{};
    address.sin_family = AF_INET;
    if (colon == std::string::npos ||
        ::inet_pton(AF_INET, server.substr(0, colon).c_str(), &address.sin_addr) != 1)
        give_up("server must be IPV4:PORT");
    address.sin_port = htons(static_cast<uint16_t>(std::stoi(server.substr(colon + 1))));
    return address;
}

class Producers {
public:
    explicit Producers(const Options& options) : options_(options), frame_(request_of(options)) {
        epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
        const sockaddr_in address = address_of(options.server);
        for (int64_t i = 0; i < options.connections; ++i) connect(address);
    }
    ~Producers() {
        for (const auto& each : all_) ::close(each->descriptor);
        ::close(epoll_);
    }
    Producers(const Producers&) = delete;
    Producers& operator=(const Producers&) = delete;

    // Keeps requests in flight on every connection until then.
    void run(int64_t until_ns) {
        for (const auto& each : all_) send(*each);
        std::array<epoll_event, 256> events{};
        while (now_ns() < until_ns) {
            const int count =
                ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 100);
            for (int i = 0; i < count; ++i) {
                auto& one = *static_cast<Connection*>(events[static_cast<size_t>(i)].data.ptr);
                receive(one);
                send(one);
            }
        }
    }
    [[nodiscard]] int64_t answered() const { return answered_; }
    // The connection that was answered least often against the one that was most often.
    [[nodiscard]] double fairness() const {
        const auto [least, most] =
            std::ranges::minmax_element(all_, {}, [](const auto& each) { return each->answered; });
        return static_cast<double>((*least)->answered) /
               static_cast<double>(std::max<int64_t>((*most)->answered, 1));
    }

private:
    struct Connection {
        int descriptor = -1;
        size_t sent = 0;  // of the frame that is on its way
        int64_t in_flight = 0;
        int64_t answered = 0;
        Buffer in;
    };

    void connect(const sockaddr_in& address) {
        auto one = std::make_unique<Connection>();
        one->descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const int on = 1;
        if (one->descriptor < 0 ||
            ::connect(one->descriptor, reinterpret_cast<const sockaddr*>(&address),
                      sizeof address) != 0 ||
            ::setsockopt(one->descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0)
            give_up(std::string("cannot connect: ") + std::strerror(errno));
        epoll_event event{};
        // Edges: a connection that cannot take more is told when it can, and no other is asked.
        event.events = EPOLLIN | EPOLLOUT | EPOLLET;
        event.data.ptr = one.get();
        ::epoll_ctl(epoll_, EPOLL_CTL_ADD, one->descriptor, &event);
        all_.push_back(std::move(one));
    }

    void send(Connection& one) {
        while (one.in_flight < options_.in_flight) {
            const ByteView left = frame_.view().subspan(one.sent);
            const ssize_t sent =
                ::send(one.descriptor, left.data(), left.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
            if (sent < 0 && errno == EAGAIN) return;
            if (sent <= 0) give_up(std::string("cannot send: ") + std::strerror(errno));
            one.sent += static_cast<size_t>(sent);
            if (one.sent < frame_.size()) continue;
            one.sent = 0;
            ++one.in_flight;
        }
    }

    void receive(Connection& one) {
        constexpr size_t room = 4096;
        while (true) {
            const size_t before = one.in.size();
            const ssize_t got = ::recv(one.descriptor, one.in.extend(room), room, MSG_DONTWAIT);
            one.in.resize(before + static_cast<size_t>(std::max<ssize_t>(got, 0)));
            if (got == 0) give_up("the server closed a connection");
            if (got < 0 && errno == EAGAIN) break;
            if (got < 0) give_up(std::string("cannot receive: ") + std::strerror(errno));
            if (static_cast<size_t>(got) < room) break;
        }
        take_answers(one);
    }

    void take_answers(Connection& one) {
        size_t at = 0;
        while (one.in.size() - at >= size_bytes) {
            const ByteView rest = one.in.view().subspan(at);
            const size_t size = load_big<uint32_t>(rest.data());
            if (size > answer_bytes_max) give_up("an answer is too large");
            if (rest.size() < size_bytes + size) break;
            demand_success(rest.subspan(size_bytes, size));
            at += size_bytes + size;
            --one.in_flight;
            ++one.answered;
            ++answered_;
        }
        if (at > 0) one.in.drop_front(at);
    }

    static void demand_success(ByteView frame) {
        const auto response = wire::parse_response(frame, wire::ApiKey::produce, version);
        if (!response.ok()) give_up("an answer cannot be read");
        const auto told = wire::decode<wire::ProduceResponse>(response->body, version);
        if (!told.ok() || told->responses.empty() ||
            told->responses[0].partition_responses.empty() ||
            told->responses[0].partition_responses[0].error_code != 0)
            give_up("a batch was refused");
    }

    const Options& options_;
    Buffer frame_;
    int epoll_ = -1;
    std::vector<std::unique_ptr<Connection>> all_;
    int64_t answered_ = 0;
};

}  // namespace

void many(const Options& options) {
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
    if (options.connections < 1) give_up("connections must be positive");
    Producers producers(options);
    // The first part warms up, as it does for latency.
    const int64_t began = now_ns();
    producers.run(began + options.seconds * 200'000'000);
    const int64_t before = producers.answered(), from = now_ns();
    const double cpu = cpu_seconds();
    producers.run(began + options.seconds * 1'000'000'000);
    const double seconds = static_cast<double>(now_ns() - from) / 1e9;
    const int64_t records = (producers.answered() - before) * options.batch_records;
    const int64_t all_records = producers.answered() * options.batch_records;
    const double rate = static_cast<double>(records) / seconds;
    std::printf(
        "{\"what\": \"many\", \"connections\": %lld, \"records\": %lld, \"all_records\": %lld, "
        "\"record_bytes\": %lld, \"seconds\": %.4f, \"per_second\": %.0f, "
        "\"mb_per_second\": %.1f, \"client_cpu_s\": %.3f, \"fairness\": %.3f}\n",
        static_cast<long long>(options.connections), static_cast<long long>(records),
        static_cast<long long>(all_records), static_cast<long long>(options.record_bytes), seconds,
        rate, rate * static_cast<double>(options.record_bytes) / 1e6, cpu_seconds() - cpu,
        producers.fairness());
}

}  // namespace cambium::drive
