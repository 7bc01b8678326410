/*
 * The parts of `adaptivestream benchmark`. argv[0] is the part's name; the result is the exit code.
 */
#ifndef ADAPTIVESTREAM_CLI_BENCHMARK_H
#define ADAPTIVESTREAM_CLI_BENCHMARK_H

int benchmark_run(int argc, char **argv);
int benchmark_plan(int argc, char **argv);
int benchmark_collect(int argc, char **argv);
int benchmark_report(int argc, char **argv);

#endif
