/* A program that lets a plastic layer learn, by the C driver alone.
 *
 * It loads the weights, takes 40 steps, and reads the whole state back. What it prints, a line for
 * each spike and each word of the state, `run.py` compares with the golden model. On a board only
 * `bus` would be another: sc_mmio() of drivers/c/sc_mmio.h.
 *
 *     main WEIGHTS STIMULUS     numbers in hexadecimal, as run.py writes them
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "design.h"
#include "sc_host.h"
#include "simulation.h"

#define PATIENCE 1000u /* looks at a register; a step takes some tens of them here */

static void check(int status, const char *what)
{
    if (status != SC_OK) {
        printf("FAILED %s: %d\n", what, status);
        exit(1);
    }
}

static uint32_t next_number(FILE *file)
{
    uint32_t value = 0;
    if (fscanf(file, "%" SCNx32, &value) != 1) {
        puts("FAILED: the file ends too early");
        exit(1);
    }
    return value;
}

static FILE *opened(const char *name)
{
    FILE *file = fopen(name, "r");
    if (!file) {
        printf("FAILED: %s can't be read\n", name);
        exit(1);
    }
    return file;
}

/* WINDOW_ADDRESS of a word. */
static uint32_t address(uint32_t space, uint32_t chain, uint32_t number, uint32_t word)
{
    uint32_t packed[1] = {0};
    sc_put(packed, SC_WINDOW_LAYER_ADDRESS_SPACE_LO, SC_WINDOW_LAYER_ADDRESS_SPACE_BITS, space);
    sc_put(packed, SC_WINDOW_LAYER_ADDRESS_CHAIN_LO, SC_WINDOW_LAYER_ADDRESS_CHAIN_BITS, chain);
    sc_put(packed, SC_WINDOW_LAYER_ADDRESS_NUMBER_LO, SC_WINDOW_LAYER_ADDRESS_NUMBER_BITS, number);
    sc_put(packed, SC_WINDOW_LAYER_ADDRESS_WORD_LO, SC_WINDOW_LAYER_ADDRESS_WORD_BITS, word);
    return packed[0];
}

/* That of the synapse from an input to a neuron. */
static uint32_t synapse(unsigned input, unsigned neuron)
{
    const unsigned rows = SC_PLACE_ROWS, columns = SC_PLACE_COLUMNS;
    return address(SC_WINDOW_LAYER_SYNAPSE, input / rows, neuron % columns,
                   neuron / columns * rows + input % rows);
}

static void load(const sc_bus_t *bus, uint32_t at, uint32_t word)
{
    check(sc_window_write(bus, SC_WINDOW_LAYER_PORT, at, SC_WINDOW_LAYER_ACCESSES, &word, 1), "load");
}

static uint32_t read_word(const sc_bus_t *bus, uint32_t at)
{
    uint32_t word = 0;
    check(sc_window_read(bus, SC_WINDOW_LAYER_PORT, at, SC_WINDOW_LAYER_ACCESSES, &word, 1), "read");
    return word;
}

static void load_all(const sc_bus_t *bus, FILE *weights)
{
    for (unsigned input = 0; input < SC_PLACE_INPUTS; input++) {
        for (unsigned neuron = 0; neuron < SC_PLACE_NEURONS; neuron++) {
            uint32_t word[1] = {0};
            sc_put(word, SC_WINDOW_LAYER_SYNAPSE_WEIGHT_LO, SC_WINDOW_LAYER_SYNAPSE_WEIGHT_BITS,
                   next_number(weights));
            load(bus, synapse(input, neuron), word[0]);
        }
        load(bus, address(SC_WINDOW_LAYER_INPUT, input / SC_PLACE_ROWS, 0, input % SC_PLACE_ROWS), 0);
    }
    for (unsigned neuron = 0; neuron < SC_PLACE_NEURONS; neuron++) {
        load(bus, address(SC_WINDOW_LAYER_OUTPUT, 0, 0, neuron), 0);
        load(bus, address(SC_WINDOW_LAYER_NEURON, 0, 0, neuron), 0);
    }
}

/* A step: bit i of `stimulus` is the spike of input i; reward and the two flags stand above. */
static void step(const sc_bus_t *bus, uint32_t stimulus)
{
    uint32_t words[SC_STEP_WORDS] = {0};
    sc_put(words, SC_STEP_REWARD_LO, SC_STEP_REWARD_BITS,
           sc_get(&stimulus, SC_PLACE_INPUTS, SC_STEP_REWARD_BITS));
    sc_put(words, SC_STEP_CLEAR_TRIAL_LO, 1,
           sc_get(&stimulus, SC_PLACE_INPUTS + SC_STEP_REWARD_BITS, 1));
    sc_put(words, SC_STEP_CLEAR_TRACES_LO, 1,
           sc_get(&stimulus, SC_PLACE_INPUTS + SC_STEP_REWARD_BITS + 1, 1));
    for (unsigned input = 0; input < SC_PLACE_INPUTS; input++) {
        const unsigned row = input % SC_PLACE_ROWS, chain = input / SC_PLACE_ROWS;
        sc_put(words, SC_STEP_TRANSFER_LO(row) + SC_TRANSFER_SPIKES_LO + chain, 1, stimulus >> input);
    }
    check(sc_step(bus, words, SC_STEP_WORDS, PATIENCE), "step");
}

/* The spikes of a step, in order. */
static void print_spikes(const sc_bus_t *bus, unsigned number)
{
    uint32_t words[SC_OUTPUT_WORDS];
    check(sc_output(bus, words, SC_OUTPUT_WORDS, PATIENCE), "output");
    if (words[0] != number + 1) {
        printf("FAILED: output of step %" PRIu32 " for %u\n", words[0], number + 1);
        exit(1);
    }
    for (unsigned neuron = 0; neuron < SC_PLACE_NEURONS; neuron++)
        if (sc_get(words, SC_OUTPUT_SPIKES_LO + neuron, 1))
            printf("spike %u %u\n", number, neuron);
}

static void print_state(const sc_bus_t *bus)
{
    uint32_t word;
    for (unsigned input = 0; input < SC_PLACE_INPUTS; input++)
        for (unsigned neuron = 0; neuron < SC_PLACE_NEURONS; neuron++) {
            word = read_word(bus, synapse(input, neuron));
            printf("synapse %u %u weight %" PRIu32 " eligibility %" PRId32 "\n", input, neuron,
                   sc_get(&word, SC_WINDOW_LAYER_SYNAPSE_WEIGHT_LO,
                          SC_WINDOW_LAYER_SYNAPSE_WEIGHT_BITS),
                   sc_get_signed(&word, SC_WINDOW_LAYER_SYNAPSE_ELIGIBILITY_LO,
                                 SC_WINDOW_LAYER_SYNAPSE_ELIGIBILITY_BITS));
        }
    for (unsigned input = 0; input < SC_PLACE_INPUTS; input++) {
        word = read_word(bus, address(SC_WINDOW_LAYER_INPUT, input / SC_PLACE_ROWS, 0,
                                      input % SC_PLACE_ROWS));
        printf("input %u pre_trace %" PRIu32 "\n", input,
               sc_get(&word, SC_WINDOW_LAYER_INPUT_PRE_TRACE_LO,
                      SC_WINDOW_LAYER_INPUT_PRE_TRACE_BITS));
    }
    for (unsigned neuron = 0; neuron < SC_PLACE_NEURONS; neuron++) {
        word = read_word(bus, address(SC_WINDOW_LAYER_OUTPUT, 0, 0, neuron));
        printf("output %u post_trace %" PRIu32 "\n", neuron,
               sc_get(&word, SC_WINDOW_LAYER_OUTPUT_POST_TRACE_LO,
                      SC_WINDOW_LAYER_OUTPUT_POST_TRACE_BITS));
    }
    for (unsigned neuron = 0; neuron < SC_PLACE_NEURONS; neuron++) {
        word = read_word(bus, address(SC_WINDOW_LAYER_NEURON, 0, 0, neuron));
        printf("neuron %u potential %" PRId32 " refractory %" PRIu32 "\n", neuron,
               sc_get_signed(&word, SC_WINDOW_LAYER_NEURON_POTENTIAL_LO,
                             SC_WINDOW_LAYER_NEURON_POTENTIAL_BITS),
               sc_get(&word, SC_WINDOW_LAYER_NEURON_REFRACTORY_LO,
                      SC_WINDOW_LAYER_NEURON_REFRACTORY_BITS));
    }
}

int main(int count, char **arguments)
{
    const sc_bus_t bus = {simulation_read32, simulation_write32, NULL};
    sc_counters_t counters;
    uint32_t errors = 0, stimulus = 0;
    unsigned steps = 0;

    if (count != 3) {
        puts("FAILED: main WEIGHTS STIMULUS");
        return 1;
    }
    FILE *weights = opened(arguments[1]), *stimuli = opened(arguments[2]);
    check(sc_expect(&bus, SC_DESIGN_HASH), "identity");
    check(sc_reset(&bus), "reset");
    check(sc_stream(&bus, false), "stream");
    load_all(&bus, weights);
    for (; fscanf(stimuli, "%" SCNx32, &stimulus) == 1; steps++) {
        step(&bus, stimulus);
        print_spikes(&bus, steps);
    }
    print_state(&bus);
    check(sc_counters(&bus, &counters), "counters");
    check(sc_errors(&bus, &errors), "errors");
    if (counters.steps_done != steps || errors != 0) {
        printf("FAILED: %" PRIu32 " steps done, errors %" PRIx32 "\n", counters.steps_done, errors);
        return 1;
    }
    fclose(weights);
    fclose(stimuli);
    puts("finished");
    return 0;
}
