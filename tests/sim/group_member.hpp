// A member of a classic group in a history: it joins, assigns when it leads, commits, and now and
// then does what members should not: it falls silent, forgets who it was, commits for a generation
// that is over.
//
// It speaks the classic protocol through our client library, on a node of its own, and tells the
// ledger everything it is told.
#pragma once

#include <vector>

#include "any_member.hpp"
#include "wire/messages/group_membership.hpp"

namespace cambium::history {

class GroupMember final : public AnyMember {
public:
    using AnyMember::AnyMember;

private:
    io::Task<void> join() override;
    io::Task<void> work() override;
    io::Task<void> sync(const wire::JoinGroupResponse* joined);
    io::Task<void> heartbeat();
    io::Task<void> commit_as(GroupIdentity who);
    io::Task<void> leave();
    void lose(Errc code);
    void forget();

    std::vector<int32_t> before_;  // what it had in the generation before
    GroupIdentity ghost_;          // who it was before it came back, for whom it still commits
};

}  // namespace cambium::history
