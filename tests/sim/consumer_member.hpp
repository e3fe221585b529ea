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

class ConsumerMember : public AnyMember {
public:
    ConsumerMember(Surroundings around, Options options, Claims* claims, io::Random random);

protected:
    io::Task<void> join() override;
    io::Task<void> work() override;
    // As after a restart: it is somebody new, a static one too.
    virtual void forget();
    // It was heard, having asked at `sent`, and has `partitions`.
    void has(std::vector<int32_t> partitions, io::Monotonic sent);
    // It was heard, and has what it had.
    void stays(io::Monotonic sent);
    // It was not: what the server made of it is not known.
    void unheard(io::Monotonic sent);
    // It gives up everything.
    void drop();
    // The server says that it is no member: not so soon after it was heard.
    void check_fenced(Errc code);
    [[nodiscard]] io::Monotonic sim_now() const { return claims_->now(); }
    // Until then it certainly is a member, as far as it knows.
    [[nodiscard]] io::Monotonic until() const { return until_; }

private:
    io::Task<void> heartbeat();
    io::Task<void> commit_late(int32_t partition);
    io::Task<void> leave(int32_t epoch);
    void hear(const wire::ConsumerGroupHeartbeatResponse& answer, io::Monotonic sent);
    void refused(Errc code);
    void heard_at(io::Monotonic sent);
    [[nodiscard]] wire::ConsumerGroupHeartbeatRequest request();
    [[nodiscard]] Claims::Holder holder() const { return {me_.group, me_.member_id}; }

    Claims* claims_;
    std::set<int32_t> ever_;  // what this one has had
    uint64_t names_ = 0;
    bool by_pattern_ = false;  // it subscribes by a regular expression
    io::Monotonic until_{};    // certainly a member
    std::optional<io::Monotonic> unheard_since_{};
    bool certain_ = false;  // the server heard it last, and it heard the server
};

}  // namespace cambium::history
