// `cambium doctor DIR...`: what is wrong with the data directories of a server, or soon will be,
// and what to do about it. Changes nothing; also beside a running server, where less can be said.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/outcome.hpp"
#include "cli/session.hpp"
#include "cli/terminal.hpp"
#include "io/task.hpp"
#include "io/world.hpp"
#include "log/directory.hpp"
#include "log/durable_ends.hpp"
#include "log/start_rehearsal.hpp"
#include "meta/image.hpp"

namespace cambium::cli {

struct DoctorArgs {
    Output output = Output::text;
    std::vector<std::string> paths{};
    bool quick = false;  // what a start looks at; not every byte of every segment
};
// Fails when it found a problem: something that a start does not put right, or that keeps it from
// starting.
io::Task<Exit> doctor(io::World world, Terminal* terminal, DoctorArgs args);

struct Diagnosis {
    enum class Grade : uint8_t { fine, note, problem };
    Grade grade = Grade::fine;
    std::string about;  // a directory or file
    std::string what;
    std::string next;  // what to do; empty when there is nothing to do
};

// What the examination of several directories gathers.
class Doctor {
public:
    Doctor(io::World world, bool quick) : world_(world), quick_(quick) {}

    // Everything about one directory that can be said without the others.
    io::Task<void> examine(std::string path);
    // The topics of the metadata log against the directories of all.
    void compare();
    // Descriptors of the process, once all directories are known.
    io::Task<void> look_at_limits();

    [[nodiscard]] const std::vector<Diagnosis>& diagnoses() const { return diagnoses_; }
    [[nodiscard]] bool problems() const;

private:
    struct Examined {
        std::string path;
        Uuid id;
        std::vector<log::LogIdentity> logs;
        std::map<log::LogKey, log::DurableEnd> recorded;
    };

    void fine(std::string about, std::string what);
    void note(std::string about, std::string what, std::string next);
    void problem(std::string about, std::string what, std::string next);

    io::Task<void> examine_start(std::string path);
    io::Task<Status> rehearse(log::StartRehearsal* rehearsal, std::string path);
    io::Task<Status> replay_metadata(log::StartRehearsal* rehearsal, std::string path);
    void tell_start(const std::string& path, const std::vector<log::LogStart>& starts, bool clean);
    io::Task<void> look_at_space(std::string path);
    io::Task<void> look_at_files(std::string path, bool in_use);
    io::Task<void> look_at_permissions(std::string path);
    void compare_topic(const meta::Topic& topic);
    [[nodiscard]] bool examined(const std::vector<Uuid>& directories) const;

    io::World world_;
    bool quick_;
    std::vector<Diagnosis> diagnoses_;
    std::vector<Examined> examined_;
    meta::ImageRef image_;
    std::string metadata_in_;
    bool in_use_ = false;  // any of them
};

}  // namespace cambium::cli
