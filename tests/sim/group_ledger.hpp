// What the members of a history's groups were told, and what may never contradict it
// (SIMULATION.md, checker 8).
//
// A partition has one owner at most in each generation of its group; what is committed comes from
// the present generation and from whom has the id now; a commit that was acknowledged or read is
// there until a later one takes its place; nothing is read that nobody committed, or that was
// refused.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace cambium::history {

// Who says so: a member as the server knows it.
struct GroupIdentity {
    std::string group;
    std::string member_id;
    std::optional<std::string> instance;
    int32_t generation = -1;
    // What stays when a static member comes back with another id.
    [[nodiscard]] const std::string& owner() const { return instance ? *instance : member_id; }
};

class GroupLedger {
public:
    using Violation = std::function<void(std::string checker, std::string what)>;
    explicit GroupLedger(Violation violation) : violation_(std::move(violation)) {}

    // The server ended: what it told without logging it need not be true in its next life.
    void server_gone();
    // Lives of the server that have ended.
    [[nodiscard]] int64_t life() const { return life_; }

    // JoinGroup was answered, having been asked in `life`.
    void joined(const GroupIdentity& who, int64_t life);
    // SyncGroup was answered: this is logged.
    void assigned(const GroupIdentity& who, const std::vector<int32_t>& partitions);

    // A commit is about to be asked for; gives its number, which is its metadata.
    [[nodiscard]] uint64_t commit_begins(const GroupIdentity& who, int32_t partition,
                                         int64_t offset);
    // `code`: none, what the server said, or what became of the connection.
    void commit_ends(uint64_t number, Errc code);

    // What must be visible to who asks from now on.
    struct Read {
        std::string group;
        int32_t partition = 0;
        uint64_t newest = 0;  // the last commit known to be there when it was asked; 0: none
    };
    [[nodiscard]] Read read_begins(const std::string& group, int32_t partition) const;
    // 0: nothing is committed.
    void read_ends(const Read& read, uint64_t number, int64_t offset);

    [[nodiscard]] int64_t commits() const { return acknowledged_; }

private:
    using Partition = std::pair<std::string, int32_t>;
    struct Commit {
        Partition partition;
        int64_t offset = 0;
        uint64_t began = 0;
        uint64_t known = 0;  // when it was first known to be there; 0: it is not
        bool refused = false;
        bool outdated = false;  // the server must refuse it
        std::string why;
        int64_t life = 0;
    };
    struct Told {
        int32_t generation = -1;
        std::map<std::string, std::string> ids;  // of static members, by instance
    };
    struct Group {
        Told said;    // by the present life of the server
        Told logged;  // for good
        std::map<std::pair<int32_t, int32_t>, std::string> owners;  // generation, partition
    };
    void now_known(uint64_t number);
    void take(Told& told, const GroupIdentity& who) const;

    Violation violation_;
    std::map<std::string, Group> groups_;
    std::map<uint64_t, Commit> commits_;
    std::map<Partition, uint64_t> newest_;  // known to be there and begun last
    uint64_t time_ = 0;                     // counts what happens
    uint64_t last_number_ = 0;
    int64_t life_ = 0;
    int64_t acknowledged_ = 0;
};

}  // namespace cambium::history
