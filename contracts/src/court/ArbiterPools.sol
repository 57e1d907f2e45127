// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IPanelCourt} from "../interfaces/IPanelCourt.sol";
import {CourtTill} from "./CourtTill.sol";
import {Gaps} from "./Gaps.sol";
import {Panel} from "./Panel.sol";
import {SumTree} from "./SumTree.sol";

/// @title Arbiters, their bonds, and how they are drawn
/// @dev A draw is a function of things that were fixed before its seed block was made: its place in the row, the hash of
/// that one block, and the free seats of the pool. Nobody who knows the hash can change any of them: draws go in order,
/// and every other change of the free seats waits until the draws of that block are done or its hash is out of reach.
/// What remains to a proposer is to withhold the block it would make: one more try, for a block's reward.
abstract contract ArbiterPools is CourtTill {
    using SumTree for mapping(uint256 => uint256);
    using Gaps for Gaps.List;

    /// @dev Reach of BLOCKHASH.
    uint256 private constant SEED_REACH = 256;

    /// @inheritdoc IPanelCourt
    uint256 public constant LEAVE_TIME = 14 days;
    /// @inheritdoc IPanelCourt
    uint256 public constant SEED_DELAY = 8;
    /// @inheritdoc IPanelCourt
    IERC20 public immutable BTRST;
    /// @inheritdoc IPanelCourt
    uint256 public immutable SEAT;

    mapping(address arbitrable => Pool) private _pools;
    mapping(address arbitrable => mapping(uint256 key => uint256)) private _weights;
    mapping(address arbitrable => mapping(uint256 number => Arbiter)) private _arbiters;
    mapping(address arbitrable => mapping(address account => uint256)) private _numbers;
    mapping(address arbitrable => mapping(address account => Leaving)) private _leaving;

    constructor(IERC20 btrst, uint256 seat) {
        if (address(btrst).code.length == 0) revert ConfigurationInvalid("btrst");
        if (seat == 0) revert ConfigurationInvalid("seat");
        (BTRST, SEAT) = (btrst, seat);
    }

    // ------------------------------------------------------------------------------------------------- bonds

    /// @inheritdoc IPanelCourt
    function enlist(address arbitrable, uint32 seats) external nonReentrant {
        Pool memory pool = poolOf(arbitrable);
        _requireNoSeed(pool);
        // Weights are sums of 32 bits.
        uint256 max = type(uint32).max - pool.weight;
        if (seats == 0 || seats > max) revert SeatsOutOfRange(seats, max);

        uint256 number = _numbers[arbitrable][msg.sender];
        if (number == 0) number = _number(arbitrable, pool);
        pool.weight += seats;
        _storePool(arbitrable, pool);
        _arbiters[arbitrable][number].bonded += seats;
        _weights[arbitrable].increase(pool.levels, number - 1, seats);
        emit Enlisted(arbitrable, msg.sender, seats);

        _pull(address(BTRST), seats * SEAT);
    }

    /// @inheritdoc IPanelCourt
    function retire(address arbitrable, uint32 seats) external nonReentrant {
        Pool memory pool = poolOf(arbitrable);
        _requireNoSeed(pool);
        uint256 number = _numbers[arbitrable][msg.sender];
        Arbiter storage arbiter = _arbiters[arbitrable][number];
        uint256 free = arbiter.bonded - arbiter.locked;
        if (seats == 0 || seats > free) revert SeatsOutOfRange(seats, free);

        pool.weight -= seats;
        _storePool(arbitrable, pool);
        arbiter.bonded -= seats;
        _weights[arbitrable].decrease(pool.levels, number - 1, seats);
        Leaving storage leaving = _leaving[arbitrable][msg.sender];
        uint256 availableAt = block.timestamp + LEAVE_TIME;
        // forge-lint: disable-next-line(unsafe-typecast) seconds fit in 64 bits
        (leaving.seats, leaving.availableAt) = (leaving.seats + seats, uint64(availableAt));
        emit Retired(arbitrable, msg.sender, seats, availableAt);
    }

    /// @inheritdoc IPanelCourt
    function takeBond(address arbitrable) external nonReentrant {
        Leaving memory leaving = _leaving[arbitrable][msg.sender];
        if (leaving.seats == 0) revert SeatsOutOfRange(0, 0);
        _requireAfter(leaving.availableAt);

        delete _leaving[arbitrable][msg.sender];
        emit BondReturned(arbitrable, msg.sender, leaving.seats);

        _push(0, address(BTRST), msg.sender, leaving.seats * SEAT);
    }

    /// @dev Gives the caller the next number, and the tree another level when it is full.
    function _number(address arbitrable, Pool memory pool) private returns (uint256 number) {
        if (pool.arbiters == 8 ** uint256(pool.levels) || pool.levels == 0) {
            _weights[arbitrable].grow(pool.levels, pool.weight);
            ++pool.levels;
        }
        number = ++pool.arbiters;
        _numbers[arbitrable][msg.sender] = number;
        _arbiters[arbitrable][number].account = msg.sender;
    }

    // ------------------------------------------------------------------------------------------------- draws

    /// @dev Gives a case the next ticket of its pool's row. It shares the seed block that is fixed unless that block could
    /// be known; then it waits for the next one.
    function _queue(address arbitrable, bytes32 caseId, uint256 round) internal returns (uint32 ticket) {
        Pool memory pool = poolOf(arbitrable);
        bool idle = pool.drawn == pool.seeded;
        ticket = ++pool.queued;
        emit DrawQueued(caseId, arbitrable, round, ticket);
        if (idle) _fixSeed(arbitrable, pool);
        else if (block.number < pool.seedBlock) pool.seeded = ticket;
        _storePool(arbitrable, pool);
    }

    /// @dev The hash that decides the ticket, which counts as drawn from now on; zero when it was out of reach, and a new
    /// block is fixed.
    function _seed(address arbitrable, uint32 ticket) internal returns (bytes32 seed) {
        Pool memory pool = poolOf(arbitrable);
        if (ticket != pool.drawn + 1) revert NotNextDraw(ticket, pool.drawn + 1);
        if (block.number <= pool.seedBlock) revert SeedTooEarly(pool.seedBlock);
        seed = blockhash(pool.seedBlock);
        if (seed != 0) pool.drawn = ticket;
        if (seed == 0 || (pool.drawn == pool.seeded && pool.queued > ticket)) _fixSeed(arbitrable, pool);
        _storePool(arbitrable, pool);
    }

    /// @dev Draws `seats` different arbiters by free seats, none of the barred ones, and locks a seat of each. Empty, and
    /// nothing locked, when there are too few.
    function _drawPanel(address arbitrable, bytes32 seed, uint256 seats, uint256[] memory barred)
        internal
        returns (Panel panel)
    {
        Pool memory pool = poolOf(arbitrable);
        mapping(uint256 => uint256) storage weights = _weights[arbitrable];
        Gaps.List memory gaps = Gaps.ofAtMost(barred.length + seats);
        for (uint256 i = 0; i < barred.length; ++i) {
            if (barred[i] == 0) continue;
            (uint256 start, uint256 weight) = weights.locate(pool.levels, barred[i] - 1);
            gaps.add(start, weight);
        }
        for (uint256 seat = 0; seat < seats; ++seat) {
            uint256 free = pool.weight - gaps.width;
            if (free == 0) return Panel.wrap(0);
            uint256 point = gaps.skip(uint256(keccak256(abi.encode(seed, seat))) % free);
            (uint256 leaf, uint256 start, uint256 weight) = weights.find(pool.levels, point);
            gaps.add(start, weight);
            panel = panel.seated(seat, leaf + 1);
        }
        for (uint256 seat = 0; seat < seats; ++seat) {
            _lock(arbitrable, pool, panel.arbiterAt(seat));
        }
        _storePool(arbitrable, pool);
    }

    function _lock(address arbitrable, Pool memory pool, uint256 number) private {
        ++_arbiters[arbitrable][number].locked;
        _weights[arbitrable].decrease(pool.levels, number - 1, 1);
        --pool.weight;
    }

    /// @dev Ends a locked seat: back to the draw, or gone with its bond.
    function _unlock(address arbitrable, uint256 number, bool forfeited) internal returns (address account) {
        Arbiter storage arbiter = _arbiters[arbitrable][number];
        --arbiter.locked;
        if (forfeited) {
            --arbiter.bonded;
        } else {
            Pool memory pool = poolOf(arbitrable);
            _requireNoSeed(pool);
            ++pool.weight;
            _storePool(arbitrable, pool);
            _weights[arbitrable].increase(pool.levels, number - 1, 1);
        }
        return arbiter.account;
    }

    function _fixSeed(address arbitrable, Pool memory pool) private {
        // forge-lint: disable-next-line(unsafe-typecast) block numbers fit in 64 bits
        (pool.seedBlock, pool.seeded) = (uint64(block.number + SEED_DELAY), pool.queued);
        emit SeedFixed(arbitrable, pool.seedBlock, pool.seeded);
    }

    /// @dev While a hash that decides draws can be known, what it decides on must not change. Before, changes are blind.
    function _requireNoSeed(Pool memory pool) private view {
        bool known = block.number >= pool.seedBlock && block.number <= pool.seedBlock + SEED_REACH;
        if (pool.drawn != pool.seeded && known) revert SeedPending(pool.seedBlock);
    }

    function _storePool(address arbitrable, Pool memory pool) private {
        _pools[arbitrable] = pool;
    }

    function _requireAfter(uint256 second) internal view {
        if (block.timestamp <= second) revert TooEarly(second);
    }

    // ------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IPanelCourt
    function poolOf(address arbitrable) public view returns (Pool memory) {
        return _pools[arbitrable];
    }

    /// @inheritdoc IPanelCourt
    function arbiterOf(address arbitrable, address account) external view returns (Arbiter memory, Leaving memory) {
        return (_arbiters[arbitrable][_numbers[arbitrable][account]], _leaving[arbitrable][account]);
    }

    /// @dev The number of an account in a pool; 0 when it never enlisted.
    function _numberOf(address arbitrable, address account) internal view returns (uint256) {
        return _numbers[arbitrable][account];
    }

    function _accountOf(address arbitrable, uint256 number) internal view returns (address) {
        return _arbiters[arbitrable][number].account;
    }
}
