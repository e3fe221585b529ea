// One thread, one epoll: frames come in, answers go out, and perhaps one sync lies between them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "answers.hpp"
#include "bytes/buffer.hpp"

namespace cambium::floor {

// Syncs files on a thread of its own, one group at a time.
class Syncer {
public:
    Syncer();
    Syncer(const Syncer&) = delete;
    Syncer& operator=(const Syncer&) = delete;
    ~Syncer();

    // Readable when a group is done.
    [[nodiscard]] int descriptor() const;
    [[nodiscard]] bool busy() const { return busy_; }
    void begin(std::vector<int> files);
    void finished();

private:
    struct Shared;
    std::unique_ptr<Shared> shared_;
    bool busy_ = false;
};

class BareServer {
public:
    struct Options {
        uint16_t port = 0;
        bool sync = false;
    };
    // Which files were written since it was asked last; nothing when none is synced.
    using Dirty = std::function<std::vector<int>()>;

    BareServer(Options options, Answers* answers, Dirty dirty);
    ~BareServer();
    BareServer(const BareServer&) = delete;
    BareServer& operator=(const BareServer&) = delete;

    // Until the process is told to end.
    void run();

private:
    struct Connection {
        int descriptor = -1;
        Buffer in;
        Buffer fresh;    // answers of this round
        Buffer syncing;  // answers whose sync is under way
        Buffer out;
        size_t sent = 0;
        bool wants_to_send = false;
    };
    void accept_all();
    bool receive(Connection& connection);
    bool answer_frames(Connection& connection);
    bool flush(Connection& connection);
    void watch(Connection& connection, bool to_send);
    void drop(int descriptor);
    void end_round();

    Options options_;
    Answers* answers_;
    Dirty dirty_;
    Syncer syncer_;
    int epoll_ = -1;
    int listener_ = -1;
    std::map<int, Connection> connections_;
};

}  // namespace cambium::floor
