// One simulated machine: a disk that lasts, and a World that lasts from a start to a crash.
//
// A crash in a test goes: `node.crash()` (or kill()), then close whatever was built on the World as
// always (its close() runs to the end; every operation answers `cancelled`) and destroy it, then
// `node.restart()` and build anew.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "io/world.hpp"
#include "sim/disk.hpp"
#include "sim/disk_view.hpp"
#include "sim/life.hpp"
#include "sim/machine.hpp"
#include "sim/net.hpp"

namespace cambium::sim {

class Node {
public:
    Node(Surroundings around, Net& net, std::string name, SimDisk disk, io::Random random);
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    [[nodiscard]] const std::string& name() const { return name_; }
    // Of the present life; a World of an ended life stays usable for closing.
    [[nodiscard]] io::World& world() { return lives_.back()->world; }
    [[nodiscard]] SimDisk& disk() { return disk_; }
    [[nodiscard]] const Host& host() const { return host_; }
    [[nodiscard]] bool alive() const { return lives_.back()->life.alive(); }

    // Power is cut: what was not synced is kept, lost or torn as the seed decides.
    void crash();
    // The process is killed: the disk keeps what completed operations wrote.
    void kill();
    // A new life on the same disk. One that was not ended is killed.
    io::World& restart();
    // Nothing of this node runs for `time`, as after SIGSTOP.
    void pause(io::Duration time);
    // The wall clock jumps; the monotonic one does not.
    void jump_wall(io::Duration by) { wall_offset_ += by; }

private:
    // Everything a World refers to. Kept until the simulation ends, because events may still name
    // it.
    struct Incarnation {
        Incarnation(Node& node, uint64_t token);
        Life life;
        io::Random random;
        SimLoop loop;
        SimClock clock;
        SimTimers timers;
        DiskView disk;
        NetView network;
        SimWork work;
        SimTrace trace;
        io::World world;
    };
    void end(bool power_cut);

    Surroundings around_;
    Net& net_;
    std::string name_;
    Host host_;
    SimDisk disk_;
    io::Random random_;
    io::Duration wall_offset_{0};
    std::vector<std::unique_ptr<Incarnation>> lives_;
};

}  // namespace cambium::sim
