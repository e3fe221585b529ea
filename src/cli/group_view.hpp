// Everything `group describe` knows of a group, and what it concludes from it.
//
// Values only: what is looked up stands in group_view.cpp (GroupLook), what is concluded in
// group_findings.cpp, and for groups of the consumer protocol in group_reconciling.cpp.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/types.hpp"
#include "client/group_admin.hpp"
#include "io/task.hpp"

namespace cambium::cli {

class Session;

struct PartitionView {
    TopicPartition partition;
    std::optional<Offset> committed{};
    // Of the log; empty when the topic or partition is gone.
    std::optional<Offset> first{};
    std::optional<Offset> end{};
    std::optional<int64_t> waiting_bytes{};    // what waits takes about so much on disk
    std::optional<Timestamp> waiting_since{};  // of the first record that waits
    std::string member{};                      // who holds it; empty: nobody
    std::string heir{};                        // who is to have it and does not yet; or empty
    // Earlier, when the group was watched.
    std::optional<Offset> committed_before{};
    std::optional<Offset> end_before{};

    // Records that were not committed; 0 when that is not known.
    [[nodiscard]] int64_t lag() const;
};

struct GroupView {
    client::DescribedGroup group;
    std::vector<PartitionView> partitions;
    std::set<std::string> missing_topics{};  // that members take, and that are not there
    Timestamp now;
    double watched_seconds = 0;  // 0: it was looked at once
    // Earlier, when it was watched: the epochs of the members of a consumer group.
    std::map<std::string, int32_t> epochs_before{};

    [[nodiscard]] int64_t lag() const;
    [[nodiscard]] const client::GroupMemberInfo* member(const std::string& id) const;
};

// Looks everything up. Errors: group_id_not_found, ...
io::Task<Result<GroupView>> looked_up_group(Session* session, std::string name);

// What a person should know: why records wait, who holds things up, and what to do. The most
// important first; empty when all is well.
[[nodiscard]] std::vector<std::string> findings(const GroupView& view);

// What delays a group of the consumer protocol (KIP-848) on its way to what it is to have.
[[nodiscard]] std::vector<std::string> reconciliation_findings(const GroupView& view);

// "client@host (instance)": whom a person would recognise.
[[nodiscard]] std::string shown_member(const client::GroupMemberInfo& member);

}  // namespace cambium::cli
