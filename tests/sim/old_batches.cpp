#include "old_batches.hpp"

#include <utility>

#include "base/fault.hpp"

namespace cambium::history {

void OldBatches::acknowledged(Buffer bytes, const log::Appended& where) {
    batches_.push_back({std::move(bytes), where});
    if (batches_.size() > known) batches_.pop_front();
}

std::optional<std::string> OldBatches::send_again(log::Log* log, io::Monotonic now,
                                                  io::Random* random) const {
    if (batches_.empty() || now - last_append_ >= options_.expiration) return std::nullopt;
    const Old& old = batches_[random->below(batches_.size())];
    const Result<log::Appended> again = log->append(old.bytes.view(), LeaderEpoch(0));
    if (!again.ok()) {
        if (again.code() == Errc::out_of_order_sequence_number)
            return "a batch of the last five is not known: " + again.error().text();
        return std::nullopt;
    }
    sometimes("history.old_batch_sent_again");
    if (!again->duplicate) return "a batch that was acknowledged was appended again";
    if (again->first != old.where.first || again->last != old.where.last ||
        again->append_time != old.where.append_time)
        return "a duplicate was answered with offset " + std::to_string(again->first.value()) +
               ", the original is at " + std::to_string(old.where.first.value());
    return std::nullopt;
}

}  // namespace cambium::history
