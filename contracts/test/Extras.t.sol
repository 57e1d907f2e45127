// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IWorkAgreements} from "../src/interfaces/IWorkAgreements.sol";
import {IWorkTypes} from "../src/interfaces/IWorkTypes.sol";
import {AgreementTest} from "./utils/AgreementTest.sol";
import {BlacklistToken, FeeOnTransferToken, PermitDollar} from "./utils/Tokens.sol";

/// @notice Many milestones in one payment, tips, the origin's share, and permits.
contract ExtrasTest is AgreementTest {
    uint256 private constant PRICE = PAY + uint256(PAY) * FEE_BPS / 10_000;

    // ------------------------------------------------------------------------------------------------- many

    function test_releaseMany_paysInFullAtOnce(uint256 funded, uint256 count, bool claims) public {
        IWorkTypes.Terms memory terms = termsOf(32);
        funded = bound(funded, 1, 32);
        count = bound(count, 1, funded);
        bytes32 agreement = fund(terms, funded);
        if (claims) submit(terms, 0, PAY / 2);
        vm.expectCall(address(token), abi.encodeCall(token.transfer, (payout, count * PAY)), uint64(1));
        accepts(manager, abi.encodeCall(IWorkAgreements.releaseMany, (terms, 0, count)));
        vm.assertEq(token.balanceOf(payout), count * PAY);
        vm.assertEq(held(), (funded - count) * PRICE + count * feeOn(PAY));
        (, uint256 lastSerial) = agreements.feesOf(address(token));
        vm.assertEq(lastSerial, count);
        assertState(
            agreement,
            count == 32 ? IWorkTypes.Phase.Ended : count == funded ? IWorkTypes.Phase.Idle : IWorkTypes.Phase.Funded,
            count,
            funded
        );
        vm.assertEq(agreements.stateOf(agreement).claimed, 0);
    }

    function test_releaseMany_refusesCountsAndOthers(uint256 count, address caller) public {
        if (caller == manager) caller = employer;
        IWorkTypes.Terms memory terms = termsOf(3);
        fund(terms, 2);
        if (count == 1 || count == 2) count = 3;
        bytes memory call = abi.encodeCall(IWorkAgreements.releaseMany, (terms, 0, count));
        refuses(manager, call, outOfRange(count, 1, 2));
        refuses(caller, abi.encodeCall(IWorkAgreements.releaseMany, (terms, 0, 1)), unauthorized(caller));
    }

    /// Attack: paying milestones that are agreed and not funded out of what others hold here.
    function test_attack_releaseManyStopsAtWhatIsFunded() public {
        IWorkTypes.Terms memory others = termsOf(3);
        fund(others, 3);
        IWorkTypes.Terms memory terms = termsOf(4);
        terms.nonce = 8;
        fund(terms, 2);
        release(terms, 0, PAY);
        refuses(manager, abi.encodeCall(IWorkAgreements.releaseMany, (terms, 1, 2)), outOfRange(2, 1, 1));
        refuses(manager, abi.encodeCall(IWorkAgreements.releaseMany, (terms, 1, 3)), outOfRange(3, 1, 1));
        accepts(manager, abi.encodeCall(IWorkAgreements.releaseMany, (terms, 1, 1)));
        vm.assertEq(held(), 3 * PRICE + 2 * feeOn(PAY));
    }

    // ------------------------------------------------------------------------------------------------- tip

    function test_tip_goesStraightToThePayout(uint256 amount, bool ended) public {
        IWorkTypes.Terms memory terms = termsOf(1);
        bytes32 agreement = fund(terms, 1);
        if (ended) refund(terms, 0);
        amount = bound(amount, 1, type(uint128).max);
        bytes32 word = agreements.stateWord(agreement);
        uint256 before = held();
        uint256 fee = feeOn(amount);
        vm.expectEmit(address(agreements));
        emit IWorkTypes.Tipped(
            agreements.negotiationOf(talent, 7), employer, talent, agreement, amount, fee, fee == 0 ? 0 : 1
        );
        accepts(employer, abi.encodeCall(IWorkAgreements.tip, (terms, amount)));
        vm.assertEq(token.balanceOf(payout), amount);
        vm.assertEq(held(), before + fee);
        vm.assertEq(agreements.stateWord(agreement), word);
    }

    function test_tip_refusesOthersSumsAndTheUnknown(address caller) public {
        if (caller == employer) caller = manager;
        IWorkTypes.Terms memory terms = termsOf(1);
        bytes memory call = abi.encodeCall(IWorkAgreements.tip, (terms, 1));
        refuses(employer, call, wrongPhase(agreements.hashTerms(terms), IWorkTypes.Phase.None));
        fund(terms, 1);
        refuses(caller, call, unauthorized(caller));
        uint256 most = type(uint128).max;
        refuses(employer, abi.encodeCall(IWorkAgreements.tip, (terms, 0)), outOfRange(0, 1, most));
        refuses(employer, abi.encodeCall(IWorkAgreements.tip, (terms, most + 1)), outOfRange(most + 1, 1, most));
    }

    /// The payout gets what the log says, or nothing moves.
    function test_tip_refusesFeeOnTransfer() public {
        IWorkTypes.Terms memory terms = termsOf(1);
        fund(terms, 1);
        vm.etch(address(token), address(new FeeOnTransferToken()).code);
        refuses(
            employer,
            abi.encodeCall(IWorkAgreements.tip, (terms, 100)),
            abi.encodeWithSelector(IWorkTypes.TokenMisbehaved.selector, address(token), 100, 99)
        );
    }

    // ------------------------------------------------------------------------------------------------- origin

    function test_origin_getsItsShareOfTheFee(uint256 pay, uint16 originBps, uint256 tipped) public {
        IWorkTypes.Terms memory terms = brought(uint16(bound(originBps, 0, 5000)));
        bytes32 agreement = fund(terms, 1);
        pay = bound(pay, 1, PAY);
        uint256 fee = feeOn(PAY) * pay / PAY;
        uint256 share = fee * terms.originBps / 10_000;
        if (share > 0) {
            vm.expectEmit(address(agreements));
            emit IWorkTypes.FeeShared(agreements.negotiationOf(talent, 7), origin, address(token), agreement, share);
        }
        release(terms, 0, pay);
        assertShared(share, fee - share, fee == share ? 0 : 1);

        tipped = bound(tipped, 1, PAY);
        uint256 tipShare = feeOn(tipped) * terms.originBps / 10_000;
        accepts(employer, abi.encodeCall(IWorkAgreements.tip, (terms, tipped)));
        vm.assertEq(credit(origin, address(token)), share + tipShare);
        vm.assertEq(held(), fee + feeOn(tipped));
    }

    function test_origin_withdrawsItsCredit() public {
        IWorkTypes.Terms memory terms = brought(5000);
        fund(terms, 1);
        release(terms, 0, PAY);
        accepts(origin, abi.encodeCall(IWorkAgreements.withdraw, (address(token), stranger)));
        vm.assertEq(token.balanceOf(stranger), feeOn(PAY) / 2);
        (uint256 left, uint256 withdrawals) = agreements.creditOf(origin, address(token));
        vm.assertEq(left, 0);
        vm.assertEq(withdrawals, 1);
        vm.assertEq(held(), feeOn(PAY) / 2);
    }

    /// Credits of one account add up, whatever they came from.
    function test_origin_mayBeTheEmployer() public {
        BlacklistToken book = new BlacklistToken();
        useToken(book);
        IWorkTypes.Terms memory terms = brought(5000);
        terms.origin = employer;
        fund(terms, 1);
        book.refuse(employer, true);
        release(terms, 0, PAY / 2);
        vm.assertEq(credit(employer, address(token)), feeOn(PAY) / 4 + PRICE - PAY / 2 - feeOn(PAY) / 2);
    }

    // ------------------------------------------------------------------------------------------------- permit

    function test_withPermit_fundsWithoutAnApproval(bool frontRun) public {
        IWorkTypes.Terms memory terms = withoutAllowance();
        (uint8 v, bytes32 r, bytes32 s) = permit(PRICE);
        if (frontRun) PermitDollar(address(token)).permit(employer, address(agreements), PRICE, NOW, v, r, s);
        bytes memory call = abi.encodeCall(IWorkAgreements.fund, (terms, signed(terms), 1));
        accepts(employer, abi.encodeCall(IWorkAgreements.withPermit, (address(token), PRICE, NOW, v, r, s, call)));
        vm.assertEq(held(), PRICE);
        assertState(agreements.hashTerms(terms), IWorkTypes.Phase.Funded, 0, 1);
    }

    /// Whatever is wrong with a permit, only the missing allowance counts; with one, the call goes through.
    function test_withPermit_ignoresAPermitThatFails(address notAToken, bytes32 r, bytes32 s) public {
        IWorkTypes.Terms memory terms = termsOf(1);
        if (notAToken == address(vm)) notAToken = stranger;
        bytes memory call = abi.encodeCall(IWorkAgreements.fund, (terms, signed(terms), 1));
        accepts(employer, abi.encodeCall(IWorkAgreements.withPermit, (notAToken, PRICE, NOW, 27, r, s, call)));
        vm.assertEq(held(), PRICE);
    }

    /// The inner call is the caller's own: a permit of the employer lends a stranger nothing.
    function test_withPermit_actsAsTheCallerOnly(address caller) public {
        if (caller == employer || caller == address(0)) caller = stranger;
        IWorkTypes.Terms memory terms = withoutAllowance();
        (uint8 v, bytes32 r, bytes32 s) = permit(PRICE);
        bytes memory call = abi.encodeCall(IWorkAgreements.fund, (terms, signed(terms), 1));
        refuses(
            caller,
            abi.encodeCall(IWorkAgreements.withPermit, (address(token), PRICE, NOW, v, r, s, call)),
            unauthorized(caller)
        );
    }

    function test_withPermit_worksInsideItself() public {
        IWorkTypes.Terms memory terms = termsOf(1);
        bytes memory call = abi.encodeCall(IWorkAgreements.fund, (terms, signed(terms), 1));
        call = abi.encodeCall(IWorkAgreements.withPermit, (address(token), 0, 0, 0, 0, 0, call));
        accepts(employer, abi.encodeCall(IWorkAgreements.withPermit, (address(token), 0, 0, 0, 0, 0, call)));
        vm.assertEq(held(), PRICE);
    }

    /// A permit inside another call is still that of whoever made the first one.
    function test_withPermit_insideItselfTakesTheCallersPermit() public {
        IWorkTypes.Terms memory terms = withoutAllowance();
        (uint8 v, bytes32 r, bytes32 s) = permit(PRICE);
        bytes memory call = abi.encodeCall(IWorkAgreements.fund, (terms, signed(terms), 1));
        call = abi.encodeCall(IWorkAgreements.withPermit, (address(token), PRICE, NOW, v, r, s, call));
        accepts(employer, abi.encodeCall(IWorkAgreements.withPermit, (address(0), 0, 0, 0, 0, 0, call)));
        vm.assertEq(held(), PRICE);
    }

    function withoutAllowance() private returns (IWorkTypes.Terms memory) {
        useToken(new PermitDollar());
        vm.prank(employer);
        token.approve(address(agreements), 0);
        return termsOf(1);
    }

    function permit(uint256 value) private view returns (uint8 v, bytes32 r, bytes32 s) {
        PermitDollar dollar = PermitDollar(address(token));
        bytes32 typehash =
            keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
        bytes32 form = keccak256(abi.encode(typehash, employer, agreements, value, dollar.nonces(employer), NOW));
        return vm.sign(EMPLOYER_KEY, keccak256(abi.encodePacked("\x19\x01", dollar.DOMAIN_SEPARATOR(), form)));
    }

    function brought(uint16 originBps) private view returns (IWorkTypes.Terms memory terms) {
        terms = termsOf(1);
        (terms.origin, terms.originBps) = (origin, originBps);
    }

    function assertShared(uint256 share, uint256 rest, uint256 serial) private view {
        (uint256 amount, uint256 lastSerial) = agreements.feesOf(address(token));
        vm.assertEq(credit(origin, address(token)), share);
        vm.assertEq(amount, rest);
        vm.assertEq(lastSerial, serial);
        vm.assertEq(held(), share + rest);
    }
}
