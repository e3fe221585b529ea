#include "sim/node.hpp"

#include <utility>

namespace cambium::sim {

Node::Incarnation::Incarnation(Node& node, uint64_t token)
    : life(node.around_, node.host_, node.name_, token),
      random(node.random_.split()),
      loop(life, node.random_.split()),
      clock(life, io::Duration(node.random_.between(0, io::Duration(seconds(1'000'000)).count())),
            node.wall_offset_),
      timers(life, clock),
      disk(life, node.disk_),
      network(node.net_, life),
      work(life),
      trace(life),
      world{loop, clock, timers, random, disk, network, work, trace} {
    node.net_.attach(node.name_, life);
}

Node::Node(Surroundings around, Net& net, std::string name, SimDisk disk, io::Random random)
    : around_(around), net_(net), name_(std::move(name)), disk_(std::move(disk)), random_(random) {
    wall_offset_ = io::Duration(random_.between(0, io::Duration(seconds(1)).count()));
    lives_.push_back(std::make_unique<Incarnation>(*this, 1));
}

void Node::end(bool power_cut) {
    Incarnation& last = *lives_.back();
    if (!last.life.alive()) return;
    last.life.tell(power_cut ? "node.crash" : "node.kill", "");
    last.life.end();
    if (power_cut) disk_.lose_power();
    disk_.release_locks();
    net_.end(last.life, power_cut);
}

void Node::crash() { end(true); }
void Node::kill() { end(false); }

io::World& Node::restart() {
    kill();
    lives_.push_back(std::make_unique<Incarnation>(*this, lives_.size() + 1));
    lives_.back()->life.tell("node.start", "", static_cast<int64_t>(lives_.size()));
    return world();
}

void Node::pause(io::Duration time) {
    host_.hold(around_.scheduler.now() + time);
    lives_.back()->life.tell("node.pause", "", time.count());
}

}  // namespace cambium::sim
