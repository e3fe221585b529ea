#include "cli/doctor.hpp"

#include <algorithm>

#include "cli/json_object.hpp"

namespace cambium::cli {
namespace {

using Grade = Diagnosis::Grade;

std::string_view name_of(Grade grade) {
    switch (grade) {
        case Grade::fine: return "ok";
        case Grade::note: return "note";
        case Grade::problem: return "PROBLEM";
    }
    return "unknown";
}

std::string text_of(const Diagnosis& diagnosis) {
    std::string out(name_of(diagnosis.grade));
    out.resize(9, ' ');
    out += diagnosis.about + ": " + diagnosis.what + "\n";
    if (!diagnosis.next.empty()) out += "         -> " + diagnosis.next + "\n";
    return out;
}

std::string json_of(const Diagnosis& diagnosis) {
    const bool problem = diagnosis.grade == Grade::problem;
    return JsonObject()
        .add("grade", problem ? "problem" : name_of(diagnosis.grade))
        .add("about", diagnosis.about)
        .add("what", diagnosis.what)
        .add("next", diagnosis.next)
        .line();
}

}  // namespace

void Doctor::fine(std::string about, std::string what) {
    diagnoses_.push_back({Grade::fine, std::move(about), std::move(what), {}});
}

void Doctor::note(std::string about, std::string what, std::string next) {
    diagnoses_.push_back({Grade::note, std::move(about), std::move(what), std::move(next)});
}

void Doctor::problem(std::string about, std::string what, std::string next) {
    diagnoses_.push_back({Grade::problem, std::move(about), std::move(what), std::move(next)});
}

bool Doctor::problems() const {
    return std::any_of(diagnoses_.begin(), diagnoses_.end(), [](const Diagnosis& diagnosis) {
        return diagnosis.grade == Grade::problem;
    });
}

io::Task<Exit> doctor(io::World world, Terminal* terminal, DoctorArgs args) {
    Doctor doctor(world, args.quick);
    for (const std::string& path : args.paths) co_await doctor.examine(path);
    doctor.compare();
    co_await doctor.look_at_limits();
    int64_t problems = 0;
    for (const Diagnosis& diagnosis : doctor.diagnoses()) {
        problems += diagnosis.grade == Grade::problem ? 1 : 0;
        terminal->write(args.output == Output::json ? json_of(diagnosis) : text_of(diagnosis));
    }
    if (args.output == Output::text)
        terminal->write(problems == 0 ? "no problem found\n" : counted(problems, "problem") + "\n");
    (void)terminal->flush();
    co_return doctor.problems() ? Exit::failed : Exit::ok;
}

}  // namespace cambium::cli
