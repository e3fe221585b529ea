#include <memory>

#include "cli/commands.hpp"
#include "cli/commands_options.hpp"
#include "cli/doctor.hpp"

namespace cambium::cli {

void add_doctor_command(CLI::App& app, Command* chosen) {
    auto args = std::make_shared<DoctorArgs>();
    CLI::App& command = add_command(
        app, "doctor",
        "say what is wrong with data directories, and what to do; changes nothing. Exit code 1 "
        "when there is a problem that a start does not put right",
        "  cambium doctor cambium-data\n"
        "  cambium doctor /disk1/cambium /disk2/cambium -o json\n");
    command.add_option("DIR", args->paths, "all data directories of one server")->required();
    command.add_flag("--quick", args->quick,
                     "look at what a start looks at, not at every byte of every segment");
    add_output(command, args->output);
    command.callback([args, chosen] {
        *chosen = [args](io::World world, Terminal* terminal) {
            return doctor(world, terminal, *args);
        };
    });
}

}  // namespace cambium::cli
