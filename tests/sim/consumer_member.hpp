// A member of a group of the consumer protocol (KIP-848) in a history: it says by heartbeats what
// it has, gives up what it is told to, commits, and now and then does what members should not: it
// falls silent past its session, dies and comes back as somebody else, commits for partitions that
// it no longer has.
//
// What it is told goes to the claims, which know what nobody else may have.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "any_member.hpp"
#include "claims.hpp"
#include "wire/messages/consumer_group.hpp"

namespace cambium::history {

class ConsumerMember final : public AnyMember {
public:
    ConsumerMember(Surroundings around, Options options, Claims* claims, io::Random random);

private:
    io::Task<void> join() override;
    io::Task<void> work() override;
    io::Task<void> heartbeat();
    io::Task<void> commit_late(int32_t partition);
    io::Task<void> leave(int32_t epoch);
    void hear(const wire::ConsumerGroupHeartbeatResponse& answer, io::Monotonic sent);
    void refused(Errc code);
    void forget();
    [[nodiscard]] wire::ConsumerGroupHeartbeatRequest request();
    [[nodiscard]] Claims::Holder holder() const { return {me_.group, me_.member_id}; }

    Claims* claims_;
    std::set<int32_t> ever_;  // what this one has had
    uint64_t names_ = 0;
    io::Monotonic until_{};  // certainly a member
    std::optional<io::Monotonic> unheard_since_{};
    bool certain_ = false;  // the server heard it last, and it heard the server
};

}  // namespace cambium::history
