// io::Network on non-blocking sockets. Names that are not numeric are resolved on a worker.
#pragma once

#include <memory>
#include <vector>

#include "io/clock.hpp"
#include "io/network.hpp"
#include "io/timers.hpp"
#include "io/work.hpp"
#include "real/loop.hpp"
#include "real/socket.hpp"

namespace cambium::real {

class SocketNetwork : public io::Network {
public:
    SocketNetwork(RealLoop& loop, io::Clock& clock, io::Work& work)
        : loop_(loop), clock_(clock), work_(work) {}

    io::Task<Result<std::unique_ptr<io::Listener>>> listen(io::Address address) override;
    // Tries the addresses of the host one after the other, ten seconds in all.
    io::Task<Result<std::unique_ptr<io::Stream>>> connect(io::Address address) override;

private:
    io::Task<Result<std::vector<SocketAddress>>> find(io::Address address);
    io::Task<Result<std::unique_ptr<io::Stream>>> connect_to(SocketAddress address,
                                                             io::Monotonic deadline);

    RealLoop& loop_;
    io::Clock& clock_;
    io::Work& work_;
};

}  // namespace cambium::real
