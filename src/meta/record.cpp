#include "meta/record.hpp"

#include <algorithm>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/check.hpp"
#include "bytes/cursor.hpp"

namespace cambium::meta {

namespace {

// Which alternative of Record stands in the bytes. Numbers are never used again for something else.
enum class Type : uint8_t {
    begin_change = 1,
    end_change = 2,
    abort_change = 3,
    cluster = 4,
    node = 5,
    topic = 6,
    partition = 7,
    topic_config = 8,
    delete_topic = 9,
    producer_id_block = 10,
    feature_level = 11,
    node_config = 12,
    group_config = 13,
};

Type type_of(const BeginChange&) { return Type::begin_change; }
Type type_of(const EndChange&) { return Type::end_change; }
Type type_of(const AbortChange&) { return Type::abort_change; }
Type type_of(const ClusterRecord&) { return Type::cluster; }
Type type_of(const NodeRecord&) { return Type::node; }
Type type_of(const TopicRecord&) { return Type::topic; }
Type type_of(const PartitionRecord&) { return Type::partition; }
Type type_of(const TopicConfigRecord&) { return Type::topic_config; }
Type type_of(const DeleteTopicRecord&) { return Type::delete_topic; }
Type type_of(const ProducerIdBlockRecord&) { return Type::producer_id_block; }
Type type_of(const FeatureLevelRecord&) { return Type::feature_level; }
Type type_of(const NodeConfigRecord&) { return Type::node_config; }
Type type_of(const GroupConfigRecord&) { return Type::group_config; }

// Each list of fields below serves both directions: Put writes a field, Get reads it.
class Put {
public:
    Put(Buffer& out, uint8_t of) : version(of), to_(out) {}
    const uint8_t version;
    template <std::integral Int> void field(const Int& value) { to_.big(value); }
    template <class Tag, class Rep, Rep none> void field(const Named<Tag, Rep, none>& value) {
        to_.big(value.value());
    }
    void count(const uint32_t& value) { to_.varuint32(value); }
    void field(const Uuid& value) { to_.uuid(value); }
    void field(const std::string& value) {
        to_.varuint32(static_cast<uint32_t>(value.size()));
        to_.text(value);
    }
    template <class T> void field(const std::vector<T>& values);
    void field(const Configs& values) {
        to_.varuint32(static_cast<uint32_t>(values.size()));
        for (const auto& [name, value] : values) field(name), field(value);
    }

private:
    Writer to_;
};

class Get {
public:
    Get(ByteView in, uint8_t of) : version(of), from_(in) {}
    const uint8_t version;
    [[nodiscard]] bool done() const { return from_.done(); }
    template <std::integral Int> void field(Int& value) { value = from_.big<Int>(); }
    template <class Tag, class Rep, Rep none> void field(Named<Tag, Rep, none>& value) {
        value = Named<Tag, Rep, none>(from_.big<Rep>());
    }
    void count(uint32_t& value) { value = from_.varuint32(); }
    void field(Uuid& value) { value = from_.uuid(); }
    void field(std::string& value) { value = from_.text(from_.varuint32()); }
    template <class T> void field(std::vector<T>& values);
    void field(Configs& values) {
        for (uint32_t left = elements(); left > 0 && from_.ok(); --left) {
            std::string name;
            std::string value;
            field(name), field(value);
            if (!values.emplace(std::move(name), std::move(value)).second) from_.fail();
        }
    }

private:
    // An element takes at least a byte, so that a count can be held against what is there.
    uint32_t elements() {
        const uint32_t count = from_.varuint32();
        if (count > from_.left()) from_.fail();
        return from_.ok() ? count : 0;
    }
    Reader from_;
};

template <class M, class T>
concept As = std::is_same_v<std::remove_const_t<M>, T>;

template <As<BeginChange> M> void fields(M& m, auto& io) { io.count(m.records); }
template <As<EndChange> M> void fields(M&, auto&) {}
template <As<AbortChange> M> void fields(M&, auto&) {}
template <As<ClusterRecord> M> void fields(M& m, auto& io) { io.field(m.cluster_id); }
template <As<Endpoint> M> void fields(M& m, auto& io) {
    io.field(m.listener), io.field(m.host), io.field(m.port);
}
template <As<NodeRecord> M> void fields(M& m, auto& io) {
    io.field(m.node.id), io.field(m.node.endpoints), io.field(m.node.directories);
    if (io.version >= 2) io.field(m.node.offline);
}
template <As<TopicRecord> M> void fields(M& m, auto& io) { io.field(m.id), io.field(m.name); }
template <As<PartitionRecord> M> void fields(M& m, auto& io) {
    io.field(m.topic_id), io.field(m.index);
    io.field(m.partition.replicas), io.field(m.partition.isr), io.field(m.partition.directories);
    io.field(m.partition.leader), io.field(m.partition.leader_epoch);
    io.field(m.partition.partition_epoch);
}
template <As<TopicConfigRecord> M> void fields(M& m, auto& io) {
    io.field(m.topic_id), io.field(m.configs);
}
template <As<DeleteTopicRecord> M> void fields(M& m, auto& io) { io.field(m.topic_id); }
template <As<ProducerIdBlockRecord> M> void fields(M& m, auto& io) {
    io.field(m.node), io.field(m.next);
}
template <As<FeatureLevelRecord> M> void fields(M& m, auto& io) {
    io.field(m.name), io.field(m.level);
}
template <As<NodeConfigRecord> M> void fields(M& m, auto& io) {
    io.field(m.node), io.field(m.configs);
}

template <As<GroupConfigRecord> M> void fields(M& m, auto& io) {
    io.field(m.group), io.field(m.configs);
}

template <class T> void Put::field(const std::vector<T>& values) {
    to_.varuint32(static_cast<uint32_t>(values.size()));
    for (const T& value : values) {
        if constexpr (std::is_same_v<T, Endpoint>) fields(value, *this);
        else field(value);
    }
}

template <class T> void Get::field(std::vector<T>& values) {
    for (uint32_t left = elements(); left > 0 && from_.ok(); --left) {
        T& value = values.emplace_back();
        if constexpr (std::is_same_v<T, Endpoint>) fields(value, *this);
        else field(value);
    }
}

uint8_t version_for(const auto&) { return record_version; }
uint8_t version_for(const NodeRecord& record) { return record.node.offline.empty() ? 1 : 2; }

// Of the type that the bytes say.
uint8_t newest_version(Type type) {
    return type == Type::node ? node_record_version : record_version;
}

template <class T> Result<Record> decode_as(ByteView body, uint8_t version) {
    T record;
    Get get(body, version);
    fields(record, get);
    if (!get.done()) return Error{Errc::corrupt_data, "metadata record with malformed fields"};
    return Record(std::move(record));
}

}  // namespace

void encode(const Record& record, Buffer& out) {
    const auto put_record = [&out](const auto& fact) {
        const uint8_t version = version_for(fact);
        Put put(out, version);
        put.field(version);
        put.field(static_cast<uint8_t>(type_of(fact)));
        fields(fact, put);
    };
    std::visit(put_record, record);
}

size_t encoded_size(const Record& record) {
    Buffer bytes;
    encode(record, bytes);
    return bytes.size();
}

Result<Record> decode(ByteView value) {
    Reader head(value);
    const auto version = head.big<uint8_t>();
    const auto type = head.big<uint8_t>();
    if (!head.ok() || version == 0) return Error{Errc::corrupt_data, "metadata record cut short"};
    if (version > newest_version(static_cast<Type>(type))) {
        return Error{Errc::unsupported_format,
                     "metadata record of version " + std::to_string(version)};
    }
    const ByteView body = value.subspan(head.position());
    switch (static_cast<Type>(type)) {
        case Type::begin_change: return decode_as<BeginChange>(body, version);
        case Type::end_change: return decode_as<EndChange>(body, version);
        case Type::abort_change: return decode_as<AbortChange>(body, version);
        case Type::cluster: return decode_as<ClusterRecord>(body, version);
        case Type::node: return decode_as<NodeRecord>(body, version);
        case Type::topic: return decode_as<TopicRecord>(body, version);
        case Type::partition: return decode_as<PartitionRecord>(body, version);
        case Type::topic_config: return decode_as<TopicConfigRecord>(body, version);
        case Type::delete_topic: return decode_as<DeleteTopicRecord>(body, version);
        case Type::producer_id_block: return decode_as<ProducerIdBlockRecord>(body, version);
        case Type::feature_level: return decode_as<FeatureLevelRecord>(body, version);
        case Type::node_config: return decode_as<NodeConfigRecord>(body, version);
        case Type::group_config: return decode_as<GroupConfigRecord>(body, version);
    }
    return Error{Errc::unsupported_format, "metadata record of type " + std::to_string(type)};
}

}  // namespace cambium::meta
