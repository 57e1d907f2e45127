// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice Stands in an `eth_call` for everybody around a contract under test: its parties, its token, its court, its
/// policy. What it answers is packed into the numbers of the case, or lies in storage that the call overrides.
/// @dev The contracts asked are the shipped ones; nothing of the law is written again here. The file imports nothing, so
/// that its code changes only when it does.
contract Probe {
    /// @notice A view called after a try, on what the try left behind.
    struct Read {
        address to;
        bytes call;
    }

    /// @notice One call by one probe, and what to read after it.
    struct Try {
        address by;
        address to;
        bytes call;
        Read[] reads;
    }

    /// @notice What a try came to.
    struct Seen {
        bool done;
        bytes answer;
        bytes[] answers;
    }

    /// @dev Never owned by anybody, so that nobody can run out of it.
    uint256 private constant PLENTY = 1 << 200;

    mapping(address account => int256) private _moved;

    error Undone(Seen seen);

    // ------------------------------------------------------------------------------------------------- the batch

    /// @notice Tries each on the same state: every one is undone before the next.
    function run(Try[] calldata tries) external returns (Seen[] memory seen) {
        seen = new Seen[](tries.length);
        for (uint256 i = 0; i < tries.length; ++i) {
            (, bytes memory undone) = address(this).call(abi.encodeCall(this.attempt, (tries[i])));
            assembly ("memory-safe") {
                // Behind the selector stands the answer as `abi.decode` wants it.
                let length := sub(mload(undone), 4)
                undone := add(undone, 4)
                mstore(undone, length)
            }
            seen[i] = abi.decode(undone, (Seen));
        }
    }

    /// @notice Makes the call, reads, and reverts with what it saw.
    function attempt(Try calldata one) external {
        Seen memory seen;
        (seen.done, seen.answer) = Probe(one.by).act(one.to, one.call);
        seen.answers = new bytes[](one.reads.length);
        for (uint256 i = 0; i < one.reads.length; ++i) {
            (, seen.answers[i]) = one.reads[i].to.staticcall(one.reads[i].call);
        }
        revert Undone(seen);
    }

    /// @notice Calls in its own name.
    function act(address to, bytes calldata call) external returns (bool done, bytes memory answer) {
        return to.call(call);
    }

    // ------------------------------------------------------------------------------------------------- a party

    /// @notice ERC-1271: a signature is the digest itself, so only the digest that the asker expected passes.
    function isValidSignature(bytes32 digest, bytes calldata signature) external pure returns (bytes4) {
        return signature.length == 32 && bytes32(signature) == digest ? this.isValidSignature.selector : bytes4(0);
    }

    // ------------------------------------------------------------------------------------------------- a token

    function transfer(address to, uint256 amount) external returns (bool) {
        return _move(msg.sender, to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        return _move(from, to, amount);
    }

    function approve(address, uint256) external pure returns (bool) {
        return true;
    }

    function allowance(address, address) external pure returns (uint256) {
        return 0;
    }

    function balanceOf(address account) external view returns (uint256) {
        return uint256(int256(PLENTY) + _moved[account]);
    }

    /// @notice Of each account, what came in less what went out.
    function movedOf(address[] calldata accounts) external view returns (int256[] memory moved) {
        moved = new int256[](accounts.length);
        for (uint256 i = 0; i < accounts.length; ++i) {
            moved[i] = _moved[accounts[i]];
        }
    }

    function _move(address from, address to, uint256 amount) private returns (bool) {
        _moved[from] -= int256(amount);
        _moved[to] += int256(amount);
        return true;
    }

    // ------------------------------------------------------------------------------------------------- a court

    /// @notice The lowest 32 bits of the rules; a set with the highest bit hears nothing.
    function longest(uint256 rules) external pure returns (uint256) {
        require(rules >> 255 == 0);
        return uint32(rules);
    }

    /// @notice The 128 bits above them.
    function cost(uint256 rules, address, uint256) public pure returns (uint256) {
        return uint128(rules >> 32);
    }

    function open(bytes32, uint256, uint256 rules, address token, uint256, address, address, uint256)
        external
        returns (bytes32)
    {
        Probe(token).transferFrom(msg.sender, address(this), cost(rules, token, 0));
        return 0;
    }

    /// @notice The slot of the case's name: a ratio in 16 bits, above it whether it is final.
    function ruling(bytes32 caseId) external view returns (bool isFinal, uint256 talentBps) {
        uint256 word;
        assembly {
            word := sload(caseId)
        }
        return (word >> 16 != 0, uint16(word));
    }

    // ------------------------------------------------------------------------------------------------- rules

    /// @notice Seven words from the slot `version << 8` on: the fields of IPolicy.FundingRules.
    function fundingRules(uint32 version, address) external view returns (uint256[7] memory rules) {
        for (uint256 i = 0; i < rules.length; ++i) {
            uint256 slot = (uint256(version) << 8) + i;
            assembly {
                mstore(add(rules, shl(5, i)), sload(slot))
            }
        }
    }

    /// @notice The slot zero.
    function feeReceiver() external view returns (address receiver) {
        assembly {
            receiver := sload(0)
        }
    }

    /// @notice The fields of ICourtRules.CourtRuleSet: two of 16 bits, five of 32, the first lowest.
    function courtRules(uint256 id) external pure returns (uint256[7] memory rules) {
        (rules[0], rules[1]) = (uint16(id), uint16(id >> 16));
        for (uint256 i = 2; i < rules.length; ++i) {
            rules[i] = uint32(id >> (32 * (i - 1)));
        }
    }

    /// @notice The lowest 96 bits of the token's address.
    function courtCostMin(uint256, address token) external pure returns (uint256) {
        return uint96(uint160(token));
    }
}
