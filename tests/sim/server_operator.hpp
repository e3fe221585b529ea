// Somebody at the server's side in scenarios `server` and `disks`: moves log starts, and makes and
// removes topics, while everything breaks. What was answered must hold.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "client/admin.hpp"
#include "client/client.hpp"
#include "io/gate.hpp"
#include "io/random.hpp"
#include "server_clients.hpp"
#include "sim/node.hpp"

namespace cambium::history {

class ServerOperator {
public:
    ServerOperator(sim::Node& node, io::Address server, io::Random random);

    // Begins to disturb `topics`: their records may go; other topics come and go beside them.
    void start(std::vector<KnownTopic> topics);
    // Does nothing new; settled() when what was asked is answered.
    void stop_asking() { asking_ = false; }
    [[nodiscard]] bool settled() const { return !asking_ && !under_way_; }
    io::Task<void> close();

    // The highest start that was answered for a partition: nothing below it may come back.
    [[nodiscard]] Offset start_of(const PartitionKey& partition) const;
    // Topics whose making was answered, and whose removal was not asked for since.
    [[nodiscard]] const std::set<std::string>& made() const { return made_; }
    // Topics whose removal was answered.
    [[nodiscard]] const std::set<std::string>& removed() const { return removed_; }

private:
    io::Task<void> run();
    io::Task<void> trim();
    io::Task<void> make();
    io::Task<void> remove();

    sim::Node& node_;
    io::Random random_;
    client::Client client_;
    client::Admin admin_;
    std::vector<KnownTopic> topics_;
    std::map<PartitionKey, Offset> starts_;
    std::set<std::string> made_;
    std::set<std::string> removed_;
    int64_t next_topic_ = 0;
    bool asking_ = false;
    bool under_way_ = false;
    bool closing_ = false;
    io::Gate gate_;
};

}  // namespace cambium::history
