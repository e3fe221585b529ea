#include "ledger.hpp"

#include <iterator>
#include <utility>

namespace cambium::history {
namespace {

std::string text(const PartitionKey& partition) {
    return partition.topic.text() + "-" + std::to_string(partition.partition.value());
}
std::string text(const RecordName& name) {
    return "record " + std::to_string(name.number) + " of producer " +
           std::to_string(name.producer);
}
std::string at(const PartitionKey& partition, Offset offset) {
    return " at " + text(partition) + " offset " + std::to_string(offset.value());
}

}  // namespace

void Ledger::sent(const PartitionKey& partition, const RecordName& name, uint64_t hash,
                  bool exactly_once) {
    partitions_[partition].sent[name] = Sent{hash, exactly_once, Offset{}, Offset{}};
}

void Ledger::acked(const PartitionKey& partition, const RecordName& name, Offset offset) {
    ++acked_count_;
    Sent& sent = partitions_[partition].sent[name];
    if (sent.acked_at.value() >= 0) {
        violation_("2 acked once", text(name) + " was acknowledged twice" + at(partition, offset));
    }
    sent.acked_at = offset;
    expose(partition, {offset, name, sent.hash}, "acknowledged");
    if (sent.exactly_once) check_order(partition, name, offset);
}

void Ledger::seen(const PartitionKey& partition, const SeenRecord& record) {
    ++seen_count_;
    auto& sent = partitions_[partition].sent;
    const auto found = sent.find(record.name);
    if (found == sent.end() || found->second.hash != record.hash) {
        violation_("3 no phantom",
                   text(record.name) + " was never sent like this" + at(partition, record.offset));
        return;
    }
    expose(partition, record, "read");
    Sent& one = found->second;
    if (one.exactly_once && one.seen_at.value() >= 0 && one.seen_at != record.offset) {
        violation_("3 no duplicate", text(record.name) +
                                         " is there twice:" + at(partition, one.seen_at) + " and" +
                                         at(partition, record.offset));
    }
    one.seen_at = record.offset;
}

void Ledger::complete(const PartitionKey& partition, Offset start,
                      const std::vector<SeenRecord>& records) {
    Offset next = start;
    for (const SeenRecord& record : records) {
        if (record.offset < next) {
            violation_("4 same order", "offsets do not grow" + at(partition, record.offset));
        }
        next = record.offset + 1;
        seen(partition, record);
    }
    std::map<Offset, const SeenRecord*> held;
    for (const SeenRecord& record : records) held[record.offset] = &record;
    for (const auto& [name, sent] : partitions_[partition].sent) {
        if (sent.acked_at < start) continue;  // never acknowledged, or cleaned away
        const auto found = held.find(sent.acked_at);
        if (found == held.end() || found->second->name != name) {
            violation_("2 nothing acked is lost",
                       text(name) + " is gone" + at(partition, sent.acked_at));
        }
    }
    for (const auto& [offset, record] : partitions_[partition].exposed) {
        if (offset < start || offset >= next) continue;
        const auto found = held.find(offset);
        if (found == held.end() || found->second->name != record.name) {
            violation_("1 exposed stays",
                       text(record.name) + " was shown and is gone" + at(partition, offset));
        }
    }
}

void Ledger::expose(const PartitionKey& partition, const SeenRecord& record, std::string_view by) {
    const auto [known, fresh] = partitions_[partition].exposed.try_emplace(record.offset, record);
    if (fresh) return;
    const SeenRecord& before = known->second;
    if (before.name != record.name || before.hash != record.hash) {
        violation_("1 exposed stays", text(record.name) + " was " + std::string(by) + " where " +
                                          text(before.name) + " was shown before" +
                                          at(partition, record.offset));
    }
}

// Offsets of one idempotent producer grow in the order it sent: look at the nearest acknowledged
// neighbours.
void Ledger::check_order(const PartitionKey& partition, const RecordName& name, Offset offset) {
    const auto& sent = partitions_[partition].sent;
    const auto here = sent.find(name);
    for (auto before = here; before != sent.begin();) {
        --before;
        if (before->first.producer != name.producer) break;
        if (before->second.acked_at.value() < 0) continue;
        if (before->second.acked_at >= offset) {
            violation_("4 send order",
                       text(name) + " is before " + text(before->first) + at(partition, offset));
        }
        break;
    }
    for (auto after = std::next(here); after != sent.end(); ++after) {
        if (after->first.producer != name.producer) break;
        if (after->second.acked_at.value() < 0) continue;
        if (after->second.acked_at <= offset) {
            violation_("4 send order",
                       text(name) + " is behind " + text(after->first) + at(partition, offset));
        }
        break;
    }
}

}  // namespace cambium::history
