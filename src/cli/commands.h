/*
 * The subcommands, one file each. argv[0] is the subcommand's name; the result is the exit code of the
 * program: 0 ok, 1 failed, 2 wrong usage. A new one is declared here and gets a line in the table of main.c.
 */
#ifndef ADAPTIVESTREAM_CLI_COMMANDS_H
#define ADAPTIVESTREAM_CLI_COMMANDS_H

int command_benchmark(int argc, char **argv);
int command_estimate(int argc, char **argv);
int command_evaluate(int argc, char **argv);
int command_generate(int argc, char **argv);
int command_measure(int argc, char **argv);
int command_options(int argc, char **argv);
int command_predictor(int argc, char **argv);
int command_record(int argc, char **argv);
int command_replay(int argc, char **argv);
int command_dashboard(int argc, char **argv);
int command_status(int argc, char **argv);
int command_top(int argc, char **argv);
int command_explain(int argc, char **argv);
int command_set(int argc, char **argv);
int command_freeze(int argc, char **argv);
int command_release(int argc, char **argv);
int command_simulate(int argc, char **argv);
int command_train(int argc, char **argv);

#endif
