#include "control/grid.h"

static const int64_t ms_ns = 1000000;

grid_t grid_make(int64_t origin_ns, int64_t trigger_ns, int64_t slot_ns)
{
    if (slot_ns <= 0) {
        slot_ns = trigger_ns / 20;
        if (slot_ns < 25 * ms_ns) slot_ns = 25 * ms_ns;
        if (slot_ns > 1000 * ms_ns) slot_ns = 1000 * ms_ns;
    }
    const int64_t slots = (trigger_ns + slot_ns / 2) / slot_ns;
    return (grid_t){.origin_ns = origin_ns, .trigger_ns = trigger_ns, .slots = slots > 0 ? slots : 1};
}

int64_t grid_slot_ns(const grid_t *grid)
{
    return grid->trigger_ns / grid->slots;
}

/* Start of the trigger cell that holds `time_ns`: a division that rounds down for negative times too. */
static int64_t cell_start(const grid_t *grid, int64_t time_ns)
{
    const int64_t offset = (time_ns - grid->origin_ns) % grid->trigger_ns;
    return time_ns - (offset < 0 ? offset + grid->trigger_ns : offset);
}

/* Boundary number `index` of a cell cut into `parts`; rounded up, so that the last one is the next cell's
 * start. */
static int64_t boundary(const grid_t *grid, int64_t cell_ns, int64_t parts, int64_t index)
{
    return cell_ns + (int64_t)(((__int128)grid->trigger_ns * index + parts - 1) / parts);
}

int64_t grid_after(const grid_t *grid, int64_t parts, int64_t time_ns)
{
    const int64_t cell_ns = cell_start(grid, time_ns);
    const int64_t index = (int64_t)((__int128)(time_ns - cell_ns) * parts / grid->trigger_ns);
    const int64_t point = boundary(grid, cell_ns, parts, index);
    return point > time_ns ? point : boundary(grid, cell_ns, parts, index + 1);
}

int64_t grid_slot_before(const grid_t *grid, int64_t time_ns)
{
    const int64_t cell_ns = cell_start(grid, time_ns);
    const int64_t index = (int64_t)((__int128)(time_ns - cell_ns) * grid->slots / grid->trigger_ns);
    const int64_t point = boundary(grid, cell_ns, grid->slots, index);
    return point <= time_ns ? point : boundary(grid, cell_ns, grid->slots, index - 1);
}
