// The network between the nodes of a simulation: listeners, connections, directed links, and what
// goes wrong there.
//
// A node is reached by its name; 127.0.0.1, ::1 and localhost are the node itself, and 0.0.0.0 and
// :: (to listen on) all of its addresses. A connection is two pipes. Bytes arrive in order, after
// latency and at a limited rate, are read in drawn pieces, and count against the window until the
// peer has read them.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "io/event.hpp"
#include "io/network.hpp"
#include "sim/config.hpp"
#include "sim/life.hpp"

namespace cambium::sim {

class Net;

// One direction of a connection.
struct Pipe {
    struct Segment {
        std::vector<uint8_t> bytes;
        bool end = false;  // the sender closed
    };
    std::deque<Segment> in_flight;
    std::vector<uint8_t> arrived;
    size_t read = 0;         // of `arrived`
    size_t outstanding = 0;  // written and not yet read
    io::Monotonic last_arrival{0};
    bool ended = false;    // the end has arrived
    bool blocked = false;  // the writer waits for room
    bool silent = false;   // everything on it is lost and nobody is told
    int held = 0;          // arrivals that wait for their link to heal
};

// One side of a connection. Its life is null once the side is gone with its machine.
struct End {
    Life* life = nullptr;
    std::string node;
    io::Address local;
    io::Address peer;
    bool closed = false;
    bool reset = false;
    io::Signal readable;
    io::Signal writable;
};

// Shared: by the streams of both ends and by the events of what is in flight.
struct Connection : std::enable_shared_from_this<Connection> {
    Connection(Net& n, uint64_t i) : net(n), id(i) {}
    Net& net;
    uint64_t id;
    std::array<End, 2> ends;    // 0 asked for the connection, 1 accepted it
    std::array<Pipe, 2> pipes;  // pipes[i] carries what ends[i] writes

    Result<size_t> read(size_t end, MutableBytes into);
    Result<size_t> write(size_t end, std::span<const ByteView> pieces);
    void close(size_t end);
    // Both ends learn it, each after the latency of its link.
    void reset_from(size_t end);
    void arrive(size_t from);
    void deliver(size_t from, Pipe::Segment segment);
    void send(size_t end, Pipe::Segment segment);
    void learn_reset(size_t end);
};

// A port that somebody listens at. Shared by the listener and by what is on its way to it.
struct Port {
    Life* life = nullptr;
    io::Address address;
    bool closed = false;
    std::deque<std::shared_ptr<Connection>> backlog;
    io::Signal arrived;
};

class Net {
public:
    Net(Surroundings around, io::Random random) : around_(around), random_(random) {}
    Net(const Net&) = delete;
    Net& operator=(const Net&) = delete;

    // Nothing passes from one node to the other until healed; what was sent waits, as TCP
    // retransmits.
    void cut(const std::string& from, const std::string& to) { cut_.insert({from, to}); }
    void heal(const std::string& from, const std::string& to);
    void heal_all();
    [[nodiscard]] bool is_cut(const std::string& from, const std::string& to) const {
        return cut_.contains({from, to});
    }
    // Each open connection between the nodes breaks with this probability, and both ends learn it.
    void reset_between(const std::string& a, const std::string& b, double probability = 1);
    // The same, but nobody learns it: the ends are half-open.
    void silence_between(const std::string& a, const std::string& b, double probability = 1);

    // A node comes and goes.
    void attach(const std::string& node, Life& life);
    // Its connections and ports end. After a power cut some peers hear nothing until the machine is
    // back.
    void end(Life& life, bool power_cut);

    // For views, streams and connections.
    [[nodiscard]] bool knows(const std::string& node) const { return lives_.contains(node); }
    [[nodiscard]] Life* life_of(const std::string& node) const;
    [[nodiscard]] std::shared_ptr<Port> port_of(const std::string& node, uint16_t port) const;
    [[nodiscard]] const NetworkFaults& faults() const { return around_.config.network; }
    [[nodiscard]] io::Random& random() { return random_; }
    [[nodiscard]] Scheduler& scheduler() { return around_.scheduler; }
    [[nodiscard]] io::Duration latency() { return scheduler().draw_delay(faults().latency_max); }
    [[nodiscard]] std::shared_ptr<Connection> connect(Life& from, const std::shared_ptr<Port>& to,
                                                      const io::Address& address);
    Result<std::shared_ptr<Port>> open_port(Life& life, io::Address address);
    void tell(const Connection& connection, size_t end, std::string_view what, int64_t a = 0);

private:
    std::vector<std::shared_ptr<Connection>> between(const std::string& a, const std::string& b);
    std::vector<std::shared_ptr<Connection>> all();

    Surroundings around_;
    io::Random random_;
    std::map<std::string, Life*> lives_;  // the present life of each node, null while it is down
    std::map<std::pair<std::string, uint16_t>, std::shared_ptr<Port>> ports_;
    std::set<std::pair<std::string, std::string>> cut_;
    std::vector<std::weak_ptr<Connection>> connections_;
    uint64_t next_connection_ = 1;
    uint16_t next_port_ = 40'000;
};

// io::Network of one life.
class NetView : public io::Network {
public:
    NetView(Net& net, Life& life) : net_(net), life_(life) {}
    io::Task<Result<std::unique_ptr<io::Listener>>> listen(io::Address address) override;
    io::Task<Result<std::unique_ptr<io::Stream>>> connect(io::Address address) override;

private:
    Net& net_;
    Life& life_;
};

}  // namespace cambium::sim
