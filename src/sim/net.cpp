#include "sim/net.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace cambium::sim {

void Net::attach(const std::string& node, Life& life) {
    lives_[node] = &life;
    // Peers repeat what was never acknowledged; the new life does not know the connection and says
    // so.
    for (const auto& connection : all()) {
        for (size_t end = 0; end < 2; ++end) {
            const End& side = connection->ends[end];
            const bool repeated = connection->pipes[1 - end].outstanding > 0;
            if (side.node == node && side.life == nullptr && repeated) connection->reset_from(end);
        }
    }
}

Life* Net::life_of(const std::string& node) const {
    const auto found = lives_.find(node);
    return found == lives_.end() ? nullptr : found->second;
}

std::shared_ptr<Port> Net::port_of(const std::string& node, uint16_t port) const {
    const auto found = ports_.find({node, port});
    return found == ports_.end() || found->second->closed ? nullptr : found->second;
}

Result<std::shared_ptr<Port>> Net::open_port(Life& life, io::Address address) {
    while (address.port == 0) {
        const uint16_t candidate = next_port_++;
        if (next_port_ == 0) next_port_ = 40'000;
        if (port_of(life.node(), candidate) == nullptr) address.port = candidate;
    }
    if (port_of(life.node(), address.port) != nullptr)
        return Error{Errc::address_in_use, address.text()};
    auto port = std::make_shared<Port>();
    port->life = &life;
    port->address = address;
    ports_[{life.node(), address.port}] = port;
    return port;
}

std::shared_ptr<Connection> Net::connect(Life& from, const std::shared_ptr<Port>& to,
                                         const io::Address& address) {
    auto made = std::make_shared<Connection>(*this, next_connection_++);
    const io::Address caller{from.node(), static_cast<uint16_t>(20'000 + made->id % 20'000)};
    End& asking = made->ends[0];
    asking.life = &from, asking.node = from.node(), asking.local = caller, asking.peer = address;
    End& accepting = made->ends[1];
    accepting.life = to->life, accepting.node = to->life->node();
    accepting.local = address, accepting.peer = caller;
    std::erase_if(connections_, [](const auto& held) { return held.expired(); });
    connections_.push_back(made);
    to->backlog.push_back(made);
    scheduler().after(io::Duration(0), [to] { to->arrived.notify(); }, &to->life->host());
    return made;
}

std::vector<std::shared_ptr<Connection>> Net::all() {
    std::vector<std::shared_ptr<Connection>> out;
    for (const auto& held : connections_) {
        if (auto connection = held.lock()) out.push_back(std::move(connection));
    }
    return out;
}

std::vector<std::shared_ptr<Connection>> Net::between(const std::string& a, const std::string& b) {
    std::vector<std::shared_ptr<Connection>> out = all();
    std::erase_if(out, [&](const auto& connection) {
        const auto& [one, two] = connection->ends;
        return !(one.node == a && two.node == b) && !(one.node == b && two.node == a);
    });
    return out;
}

void Net::heal(const std::string& from, const std::string& to) {
    cut_.erase({from, to});
    for (const auto& connection : between(from, to)) {
        for (size_t end = 0; end < 2; ++end) {
            Pipe& pipe = connection->pipes[end];
            if (connection->ends[end].node != from) continue;
            for (; pipe.held > 0; --pipe.held) connection->arrive(end);
        }
    }
}

void Net::heal_all() {
    while (!cut_.empty()) {
        const auto [from, to] = *cut_.begin();
        heal(from, to);
    }
}

void Net::reset_between(const std::string& a, const std::string& b, double probability) {
    for (const auto& connection : between(a, b)) {
        if (!random_.chance(probability)) continue;
        connection->reset_from(0);
        connection->reset_from(1);
    }
}

void Net::silence_between(const std::string& a, const std::string& b, double probability) {
    for (const auto& connection : between(a, b)) {
        if (!random_.chance(probability)) continue;
        for (Pipe& pipe : connection->pipes) pipe.silent = true;
    }
}

void Net::end(Life& life, bool power_cut) {
    if (lives_[life.node()] == &life) lives_[life.node()] = nullptr;
    for (auto& [key, port] : ports_) {
        if (port->life != &life || port->closed) continue;
        port->closed = true;
        scheduler().after(latency(), [port] { port->arrived.close(); }, &life.host());
        port->backlog.clear();
    }
    std::erase_if(ports_, [](const auto& entry) { return entry.second->closed; });
    for (const auto& connection : all()) {
        for (size_t end = 0; end < 2; ++end) {
            End& side = connection->ends[end];
            if (side.life != &life) continue;
            side.life = nullptr;
            const auto wake = [connection, end] {
                connection->ends[end].readable.close();
                connection->ends[end].writable.close();
            };
            scheduler().after(latency(), wake, &life.host());
            if (side.closed) continue;
            side.closed = true;
            const bool quiet = power_cut && random_.chance(0.5);
            if (!quiet) connection->reset_from(end);
        }
    }
}

void Net::tell(const Connection& connection, size_t end, std::string_view what, int64_t a) {
    const End& side = connection.ends[end];
    const int64_t id = static_cast<int64_t>(connection.id);
    around_.story.tell({scheduler().now(), side.node, what, connection.ends[1 - end].node, id, a});
}

}  // namespace cambium::sim
