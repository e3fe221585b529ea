// Listeners and the connections that came over them.
//
// Above max.connections, or max.connections.per.ip from one address, a new connection is closed at
// once. Without a descriptor for another connection accepting pauses; those that are there go on.
// While connections wait for memory, those that hold some for a request which does not move are
// ended. One loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "broker/connection.hpp"
#include "broker/traffic.hpp"
#include "io/gate.hpp"
#include "io/network.hpp"
#include "io/task.hpp"
#include "io/timers.hpp"
#include "io/world.hpp"

namespace cambium::broker {

class Server {
public:
    // Outlives the server.
    explicit Server(Traffic* traffic);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    // Serves at `address` from now on. Errors: those of io::Network::listen.
    io::Task<Status> listen(std::string name, io::Address address);

    struct Bound {
        std::string name;
        io::Address address;
    };
    [[nodiscard]] const std::vector<Bound>& bound() const { return bound_; }
    [[nodiscard]] size_t connections() const { return connections_.size(); }

    // Takes no more connections and requests, gives those that are under way a second to end and
    // their answers to be read, ends all connections, and completes when nothing of them runs.
    io::Task<void> close();

private:
    struct Door {
        Door(std::string called, std::unique_ptr<io::Listener> by, io::Timers& timers)
            : name(std::move(called)), listener(std::move(by)), pause(timers) {}
        std::string name;
        std::unique_ptr<io::Listener> listener;
        io::Alarm pause;
        bool paused = false;
    };

    io::Task<void> accept(Door* door);
    io::Task<Status> pace(Door* door);
    void admit(const Door& door, std::unique_ptr<io::Stream> stream);
    io::Task<void> serve(uint64_t number);
    [[nodiscard]] size_t connections_max(const std::string& address) const;
    void look_later();
    void look_at_frames();
    void for_each(void (*visit)(Connection&));

    Traffic* traffic_;
    std::vector<std::unique_ptr<Door>> doors_;
    std::vector<Bound> bound_;
    std::map<uint64_t, std::unique_ptr<Connection>> connections_;
    std::map<std::string, size_t, std::less<>> per_address_;
    uint64_t accepted_ = 0;
    io::Monotonic second_began_{0};
    size_t accepted_in_second_ = 0;
    bool closing_ = false;
    io::Alarm drained_;
    io::TimerId look_ = io::TimerId::none;
    io::Gate gate_;
};

}  // namespace cambium::broker
