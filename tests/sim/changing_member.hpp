// A member in a history that speaks the one protocol in one life and the other in the next, as
// clients do that are replaced one by one (KIP-848, online upgrade and back): its group changes its
// kind while others are there.
//
// In its classic lives it speaks as Kafka's consumers do, with subscriptions and assignments in
// their format, and gives everything up before it joins again (eager). What it has then is claimed
// as what a member of the consumer protocol has: the checkers are the same.
#pragma once

#include <vector>

#include "consumer_member.hpp"
#include "wire/messages/group_membership.hpp"

namespace cambium::history {

class ChangingMember final : public ConsumerMember {
public:
    ChangingMember(Surroundings around, Options options, Claims* claims, io::Random random);

private:
    io::Task<void> join() override;
    io::Task<void> work() override;
    void forget() override;
    io::Task<void> join_classic();
    io::Task<void> sync_classic(const wire::JoinGroupResponse* joined);
    io::Task<void> work_classic();
    io::Task<void> heartbeat_classic();
    io::Task<void> leave_classic();
    void lose(Errc code);
    void become();

    bool classic_ = false;
};

}  // namespace cambium::history
