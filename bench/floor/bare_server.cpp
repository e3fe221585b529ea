#include "bare_server.hpp"

#include <array>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <thread>
#include <utility>

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bytes/endian.hpp"

namespace cambium::floor {

namespace {

constexpr size_t receive_bytes = size_t{1} << 20;
constexpr size_t frame_bytes_max = size_t{128} << 20;
constexpr size_t size_bytes = 4;

int must(int result, const char* what) {
    if (result >= 0) return result;
    std::perror(what);
    std::_Exit(1);
}

}  // namespace

struct Syncer::Shared {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<int> files;
    bool ends = false;
    int done = must(::eventfd(0, EFD_CLOEXEC), "eventfd");
    std::thread thread;

    void work() {
        std::unique_lock lock(mutex);
        while (true) {
            changed.wait(lock, [this] { return ends || !files.empty(); });
            if (ends) return;
            const std::vector<int> mine = std::exchange(files, {});
            lock.unlock();
            for (const int file : mine) must(::fdatasync(file), "fdatasync");
            const uint64_t one = 1;
            if (::write(done, &one, sizeof one) != sizeof one) std::_Exit(1);
            lock.lock();
        }
    }
};

Syncer::Syncer() : shared_(std::make_unique<Shared>()) {
    shared_->thread = std::thread([shared = shared_.get()] { shared->work(); });
}

Syncer::~Syncer() {
    {
        const std::lock_guard lock(shared_->mutex);
        shared_->ends = true;
    }
    shared_->changed.notify_one();
    shared_->thread.join();
    ::close(shared_->done);
}

int Syncer::descriptor() const { return shared_->done; }

void Syncer::begin(std::vector<int> files) {
    busy_ = true;
    {
        const std::lock_guard lock(shared_->mutex);
        shared_->files = std::move(files);
    }
    shared_->changed.notify_one();
}

void Syncer::finished() {
    uint64_t count = 0;
    if (::read(shared_->done, &count, sizeof count) != sizeof count) std::_Exit(1);
    busy_ = false;
}

BareServer::BareServer(Options options, Answers* answers, Dirty dirty)
    : options_(options), answers_(answers), dirty_(std::move(dirty)) {
    epoll_ = must(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
    listener_ = must(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket");
    const int on = 1;
    must(::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), "SO_REUSEADDR");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(options_.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    must(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address), "bind");
    must(::listen(listener_, SOMAXCONN), "listen");
    for (const int each : {listener_, syncer_.descriptor()}) {
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.fd = each;
        must(::epoll_ctl(epoll_, EPOLL_CTL_ADD, each, &event), "epoll_ctl");
    }
}

BareServer::~BareServer() {
    for (const auto& [descriptor, connection] : connections_) ::close(descriptor);
    ::close(listener_);
    ::close(epoll_);
}

void BareServer::run() {
    std::array<epoll_event, 256> events{};
    while (true) {
        const int count = ::epoll_wait(epoll_, events.data(), events.size(), -1);
        for (int i = 0; i < count; ++i) {
            const epoll_event& event = events[static_cast<size_t>(i)];
            const int which = event.data.fd;
            if (which == listener_) {
                accept_all();
                continue;
            }
            if (which == syncer_.descriptor()) {
                syncer_.finished();
                for (auto& [descriptor, connection] : connections_) {
                    connection.out.append(connection.syncing.view());
                    connection.syncing.clear();
                }
                continue;
            }
            const auto found = connections_.find(which);
            if (found == connections_.end()) continue;
            if ((event.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0 && !receive(found->second))
                drop(which);
        }
        end_round();
    }
}

void BareServer::accept_all() {
    while (true) {
        const int descriptor = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (descriptor < 0) return;
        const int on = 1;
        must(::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "TCP_NODELAY");
        Connection& connection = connections_[descriptor];
        connection.descriptor = descriptor;
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.fd = descriptor;
        must(::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event), "epoll_ctl");
    }
}

bool BareServer::receive(Connection& connection) {
    const size_t before = connection.in.size();
    uint8_t* const to = connection.in.extend(receive_bytes);
    const ssize_t got = ::recv(connection.descriptor, to, receive_bytes, 0);
    connection.in.resize(before + static_cast<size_t>(got > 0 ? got : 0));
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) return false;
    return answer_frames(connection);
}

bool BareServer::answer_frames(Connection& connection) {
    size_t at = 0;
    const ByteView bytes = connection.in.view();
    while (bytes.size() - at >= size_bytes) {
        const auto size = static_cast<size_t>(load_big<uint32_t>(bytes.data() + at));
        if (size > frame_bytes_max) return false;
        if (bytes.size() - at - size_bytes < size) break;
        if (!answers_->answer(bytes.subspan(at + size_bytes, size), connection.fresh)) return false;
        at += size_bytes + size;
    }
    connection.in.drop_front(at);
    return true;
}

void BareServer::end_round() {
    const bool waits = options_.sync && syncer_.busy();
    const std::vector<int> files = options_.sync && !waits ? dirty_() : std::vector<int>();
    for (auto& [descriptor, connection] : connections_) {
        if (waits || connection.fresh.empty()) continue;
        Buffer& to = files.empty() ? connection.out : connection.syncing;
        to.append(connection.fresh.view());
        connection.fresh.clear();
    }
    if (!files.empty()) syncer_.begin(files);
    std::vector<int> gone;
    for (auto& [descriptor, connection] : connections_) {
        if (!flush(connection)) gone.push_back(descriptor);
    }
    for (const int descriptor : gone) drop(descriptor);
}

bool BareServer::flush(Connection& connection) {
    while (connection.sent < connection.out.size()) {
        const ssize_t sent = ::send(connection.descriptor, connection.out.data() + connection.sent,
                                    connection.out.size() - connection.sent, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0 && errno == EAGAIN) break;
        if (sent < 0) return false;
        connection.sent += static_cast<size_t>(sent);
    }
    const bool left = connection.sent < connection.out.size();
    if (!left) {
        connection.out.clear();
        connection.sent = 0;
    }
    if (left != connection.wants_to_send) watch(connection, left);
    return true;
}

void BareServer::watch(Connection& connection, bool to_send) {
    connection.wants_to_send = to_send;
    epoll_event event{};
    event.events = EPOLLIN | (to_send ? EPOLLOUT : 0U);
    event.data.fd = connection.descriptor;
    must(::epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.descriptor, &event), "epoll_ctl");
}

void BareServer::drop(int descriptor) {
    ::close(descriptor);
    connections_.erase(descriptor);
}

}  // namespace cambium::floor
